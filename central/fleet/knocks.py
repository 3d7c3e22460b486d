"""What came to the door and could not be let in, kept for IT: by sort and by whom, one row for many of them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import transaction
from django.db.models import F

from central.fleet.models import Knock

TOGETHER = timedelta(minutes=15)
"""What comes again after longer is counted anew, and is an alarm's business for so long."""
WRITTEN_EVERY = timedelta(seconds=10)
MOST_ROWS = 500


class Sort(StrEnum):
    """The name in rows and logs."""

    CREDENTIAL = "credential_refused"
    FLOOD = "flood"
    PROTOCOL = "protocol_too_new"


@dataclass
class _Count:
    """Of one sort and subject, in this process."""

    written_at: datetime
    seen: int = 0
    unwritten: int = 0

    def add(self, now: datetime) -> int:
        """One more: how many are to be written now, or 0. The first at once, then at twice as many, and in time."""
        self.seen, self.unwritten = self.seen + 1, self.unwritten + 1
        is_round = self.seen & (self.seen - 1) == 0
        if not is_round and timedelta(0) <= now - self.written_at < WRITTEN_EVERY:
            return 0
        self.written_at, times, self.unwritten = now, self.unwritten, 0
        return times


_lock = threading.Lock()
_counts: dict[tuple[Sort, str], _Count] = {}


def note(sort: Sort, subject: str, now: datetime, detail: str = "") -> None:
    """Count one. A flood of them writes no flood of rows."""
    key = (sort, subject[:255])
    with _lock:
        if len(_counts) > MOST_ROWS:
            _counts.clear()
        if key in _counts and now - _counts[key].written_at > TOGETHER:
            del _counts[key]
        times = _counts.setdefault(key, _Count(now)).add(now)
    if times:
        _keep(key, times, now, detail)


def lately(now: datetime) -> list[Knock]:
    return list(Knock.objects.filter(last_at__gt=now - TOGETHER).order_by("sort", "subject"))


def _keep(key: tuple[Sort, str], times: int, now: datetime, detail: str) -> None:
    sort, subject = key
    with transaction.atomic():
        row = Knock.objects.filter(sort=sort.value, subject=subject)
        goes_on = {"last_at": now, "times": F("times") + times, "detail": detail[:255]}
        if row.filter(last_at__gt=now - TOGETHER).update(**goes_on):
            return
        begun = {"first_at": now, "last_at": now, "times": times, "detail": detail[:255]}
        _, is_new = Knock.objects.update_or_create(sort=sort.value, subject=subject, defaults=begun)
        if is_new and (extra := Knock.objects.count() - MOST_ROWS) > 0:
            oldest = Knock.objects.order_by("last_at").values_list("pk", flat=True)[:extra]
            Knock.objects.filter(pk__in=list(oldest)).delete()
