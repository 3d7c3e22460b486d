"""Opens and ends alarms as the conditions say. Any number of workers may do so at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from central.alarms.conditions import Condition, Findings
from central.alarms.dues import SETTLED_AFTER, patience
from central.alarms.models import Alarm

log = structlog.get_logger()

Key = tuple[str, str]
LONGEST_SUBJECT = 255


def keep(look: Callable[[], Findings], now: datetime, wait: timedelta) -> None:
    """Bring the rows to what `look` finds.

    When something differs it looks again while nobody else may write: what another worker, or a station, changed
    meanwhile would else be undone, and told.
    """
    if not _differs(look(), _open()):
        return
    with transaction.atomic():
        _apply(look(), now, wait)


def raise_alarm(condition: Condition, now: datetime, wait: timedelta = timedelta(0)) -> bool:
    """Open it unless it is open; True when it was opened. One that was over for less than its patience goes on."""
    key = {"kind": condition.kind.value, "subject": condition.subject[:LONGEST_SUBJECT]}
    with transaction.atomic():
        last = Alarm.objects.filter(**key).order_by("number").last()
        if last is not None and _goes_on(last, now, wait):
            Alarm.objects.filter(pk=last.pk).update(ended_at=None, returns=last.returns + 1)
            return True
        said = {"station": condition.station, "sentence": condition.sentence, "detail": condition.detail}
        returns = last.returns + 1 if last is not None and _came_back(last, now) else 0
        new = {**said, "opened_at": now, "since": condition.since or now, "returns": returns}
        _, opened = Alarm.objects.get_or_create(**key, ended_at=None, defaults=new)
    if opened:
        log.warning("alarm_opened", kind=condition.kind.value, subject=condition.subject, sentence=condition.sentence)
    return opened


def end_alarm(kind: str, subject: str, now: datetime) -> bool:
    """End it if it is open; True when this call ended it."""
    ended = Alarm.objects.filter(kind=kind, subject=subject[:LONGEST_SUBJECT], ended_at=None).update(ended_at=now)
    if ended:
        log.info("alarm_ended", kind=kind, subject=subject)
    return bool(ended)


def _goes_on(last: Alarm, now: datetime, wait: timedelta) -> bool:
    """Nobody heard of its end, and it was over for a short while."""
    is_unsaid = last.ended_at is not None and last.end_told_at is None and last.end_posted_at is None
    return is_unsaid and last.ended_at > now - patience(last.returns, wait)


def _came_back(last: Alarm, now: datetime) -> bool:
    """Somebody was told of it, and it was over for less than an hour: it comes and goes."""
    was_told = last.told_at is not None or last.posted_at is not None
    return was_told and last.ended_at is not None and now - last.ended_at < SETTLED_AFTER


def _open() -> dict[Key, Alarm]:
    return {(row.kind, row.subject): row for row in Alarm.objects.filter(ended_at=None)}


def _differs(found: Findings, rows: dict[Key, Alarm]) -> bool:
    wanted = {_key(one): one.sentence for one in found.open}
    return any(rows[key].sentence != sentence if key in rows else True for key, sentence in wanted.items()) or any(
        _is_over(row, found) for key, row in rows.items() if key not in wanted
    )


def _apply(found: Findings, now: datetime, wait: timedelta) -> None:
    rows = _open()
    wanted = {_key(one): one for one in found.open}
    for key, condition in wanted.items():
        if key not in rows:
            raise_alarm(condition, now, wait)
        elif rows[key].sentence != condition.sentence:
            said = {"sentence": condition.sentence, "detail": condition.detail}
            Alarm.objects.filter(pk=rows[key].pk, ended_at=None).update(**said)
    for key, row in rows.items():
        if key not in wanted and _is_over(row, found):
            end_alarm(row.kind, row.subject, now)


def _key(condition: Condition) -> Key:
    return condition.kind.value, condition.subject[:LONGEST_SUBJECT]


def _is_over(row: Alarm, found: Findings) -> bool:
    return not found.nothing_else and not {(row.kind, row.station), (row.kind, row.subject)} & found.unsure
