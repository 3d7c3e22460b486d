"""Remembers which cameras and stations there is news of, so that only they are judged again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from central.custody.watch_models import TouchCount, Touched


def touch(kind: str, name: str, now: datetime) -> int:
    """There is news of it. Returns its serial, which is above every one that was given out before."""
    with transaction.atomic():
        # The row is locked until this transaction ends, so serials become visible in their order.
        if not TouchCount.objects.filter(pk=1).update(last=F("last") + 1):
            TouchCount.objects.create(pk=1, last=1)
        serial = TouchCount.objects.get(pk=1).last
        if not Touched.objects.filter(kind=kind, name=name).update(serial=serial, changed_at=now):
            Touched.objects.create(kind=kind, name=name, serial=serial, changed_at=now)
        return int(serial)


def touched_after(serial: int, most: int | None = None) -> list[Touched]:
    """News above this serial, oldest first; all of it, or the first so many."""
    return list(Touched.objects.filter(serial__gt=serial).order_by("serial")[:most])


def last_touched() -> int:
    """The serial of the newest news."""
    return TouchCount.objects.filter(pk=1).values_list("last", flat=True).first() or 0
