"""Remembers which cameras and stations there is news of, so that only they are judged again."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F

from central.custody.watch_models import TouchCount, Touched


def touch(kind: str, name: str, now: datetime) -> None:
    """There is news of it. Its serial is above every one that was given out before."""
    with transaction.atomic():
        # The row is locked until this transaction ends, so serials become visible in their order.
        if not TouchCount.objects.filter(pk=1).update(last=F("last") + 1):
            TouchCount.objects.create(pk=1, last=1)
        serial = TouchCount.objects.get(pk=1).last
        Touched.objects.update_or_create(kind=kind, name=name, defaults={"serial": serial, "changed_at": now})


def touched_after(serial: int) -> list[Touched]:
    """All news above this serial, oldest first."""
    return list(Touched.objects.filter(serial__gt=serial).order_by("serial"))
