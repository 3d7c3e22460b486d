"""All stations with their condition, for pages and exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef

from central.config import Stations
from central.fleet.liveness import Pulse, station_state
from central.fleet.models import Credential, Flip, Heartbeat, Station

STATION_COLUMNS = (
    *("station_id", "state", "last_heartbeat_at", "watched_until", "version", "oldest_unreceipted_at"),
    *("added_at", "site", "label"),
)
FLIP_COLUMNS = ("number", "station_id", "before", "after", "at", "noticed_at")
PAGE = 1000


@dataclass(frozen=True)
class StationCondition:
    station_id: str
    state: str
    added_at: datetime
    heartbeat: Heartbeat | None
    site: str = ""
    label: str = ""


def stations(limits: Stations, now: datetime, station_id: str | None = None) -> list[StationCondition]:
    """Every station (or the one named) in order of its name."""
    enrolled = Credential.objects.filter(station=OuterRef("pk"), revoked_at=None)
    rows = Station.objects.annotate(enrolled=Exists(enrolled)).select_related("heartbeat").order_by("pk")
    if station_id is not None:
        rows = rows.filter(pk=station_id)
    return [_condition(row, limits, now) for row in rows]


def _condition(row: Any, limits: Stations, now: datetime) -> StationCondition:
    heartbeat: Heartbeat | None = getattr(row, "heartbeat", None)
    heard_at = None if heartbeat is None else heartbeat.received_at
    pulse = Pulse(row.enrolled, heard_at, 0.0 if heartbeat is None else heartbeat.slowest_loop_s)
    state = station_state(pulse, now, limits.stale_after, limits.offline_after)
    return StationCondition(row.station_id, state, row.added_at, heartbeat, row.site, row.label)


def station_rows(limits: Stations, now: datetime) -> Iterator[list[Any]]:
    for one in stations(limits, now):
        beat = one.heartbeat
        told = (
            (None, None, None, None)
            if beat is None
            else (beat.received_at, beat.proven_until, beat.version, beat.oldest_unreceipted_at)
        )
        yield [one.station_id, one.state, *told, one.added_at, one.site or None, one.label or None]


def flip_rows() -> Iterator[list[Any]]:
    """Every change of how a station stood, oldest first; a thousand at a time."""
    last = 0
    while page := list(Flip.objects.filter(number__gt=last).order_by("number")[:PAGE]):
        yield from ([one.number, one.station_id, one.before, one.after, one.at, one.noticed_at] for one in page)
        last = page[-1].number
