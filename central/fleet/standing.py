"""Whether each station is heard: new, online, stale, offline. Both instants at which that changes are columns, set
with each heartbeat; every change is one conditional UPDATE and one row, at the instant that was computed.

A flip is made by whoever gets there first, and never twice: any number of workers may look at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Q, QuerySet, Value

from central.config import Stations
from central.fleet.liveness import NEVER_HEARD, OFFLINE, ONLINE, STALE
from central.fleet.models import Flip, Heartbeat

log = structlog.get_logger()

ASTRAY = timedelta(minutes=5)
"""An instant this much further away than a heartbeat of now would have was computed by a clock that was ahead."""


def hear(row: Heartbeat, before: str, limits: Stations, now: datetime) -> None:
    """The station is heard now. Call it in the transaction that keeps its heartbeat; `before`: how it stood."""
    again = {"stale_at": now + limits.stale_after, "silent_at": now + limits.offline_after, "standing": ONLINE}
    Heartbeat.objects.filter(pk=row.pk).update(**again)
    if before != ONLINE:
        _keep(row.pk, before, ONLINE, at=now, now=now)


def notice_silence(limits: Stations, up_since: datetime, now: datetime) -> int:
    """Flip whoever is due, and answer how many flips that were.

    While central was down nobody could be heard: each span begins at `up_since` at the earliest.
    """
    _bring_back(limits, now)
    flips = 0
    if now >= up_since + limits.stale_after:
        for pk, at in due_to_be_stale(now).values_list("pk", "stale_at"):
            flips += _flip(pk, STALE, at, max(at, up_since + limits.stale_after), now)
    if now >= up_since + limits.offline_after:
        for pk, at in due_to_be_silent(now).values_list("pk", "silent_at"):
            flips += _flip(pk, OFFLINE, at, max(at, up_since + limits.offline_after), now)
    return flips


def due_to_be_stale(now: datetime) -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(standing=ONLINE, stale_at__lte=now).order_by("stale_at")


def due_to_be_silent(now: datetime) -> QuerySet[Heartbeat]:
    return Heartbeat.objects.filter(standing=STALE, silent_at__lte=now).order_by("silent_at")


def compute_anew(limits: Stations, now: datetime) -> None:
    """Both instants of every station as these limits have them: to be called once with a configuration just read.

    Who is offline, and would not be yet by the new limits, is stale again.
    """
    wanted = {
        "stale_at": _after("received_at", limits.stale_after),
        "silent_at": _after("received_at", limits.offline_after),
    }
    with transaction.atomic():
        other = (
            Q(stale_at=None) | Q(silent_at=None) | ~Q(stale_at=wanted["stale_at"]) | ~Q(silent_at=wanted["silent_at"])
        )
        if not Heartbeat.objects.filter(other).update(**wanted):
            return
        for standing, column, milder in ((OFFLINE, "silent_at", STALE), (STALE, "stale_at", ONLINE)):
            for row in Heartbeat.objects.filter(standing=standing, **{f"{column}__gt": now}):
                if Heartbeat.objects.filter(pk=row.pk, standing=standing).update(standing=milder):
                    _keep(row.pk, standing, milder, at=now, now=now)


def _bring_back(limits: Stations, now: datetime) -> None:
    """A central whose clock was ahead for a while must not wait until that day to call anybody silent."""
    latest = {"stale_at": now + limits.stale_after, "silent_at": now + limits.offline_after}
    Heartbeat.objects.filter(standing=ONLINE, stale_at__gt=latest["stale_at"] + ASTRAY).update(**latest)
    Heartbeat.objects.filter(standing=STALE, silent_at__gt=latest["silent_at"] + ASTRAY).update(**latest)


def _flip(pk: str, standing: str, due_at: datetime, at: datetime, now: datetime) -> bool:
    """True when this call made the flip: another worker, or a heartbeat, may have been quicker."""
    before, column = {STALE: (ONLINE, "stale_at"), OFFLINE: (STALE, "silent_at")}[standing]
    with transaction.atomic():
        rows = Heartbeat.objects.filter(pk=pk, standing=before, **{column: due_at})
        if not rows.update(standing=standing):
            return False
        _keep(pk, before, standing, at=at, now=now)
    return True


def _keep(pk: str, before: str, after: str, *, at: datetime, now: datetime) -> None:
    Flip.objects.create(station_id=pk, before=before, after=after, at=at, noticed_at=now)
    log.info("station_flipped", station=pk, before=before, after=after)


def _after(column: str, span: timedelta) -> ExpressionWrapper:
    return ExpressionWrapper(F(column) + Value(span, DurationField()), output_field=DateTimeField())


def standing_of(row: Heartbeat | None) -> str:
    return NEVER_HEARD if row is None else row.standing
