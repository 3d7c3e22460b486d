"""Cameras that are out and that nobody owes: no duty, no verdict and no notice would ever name them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet

from central.config import CentralConfig
from central.custody.models import DockSession
from central.roster.models import Shift
from central.roster.shifts import batches

COLUMNS = ("camera_serial", "out_since", "last_station_id", "last_bay", "last_shift_id", "last_officer_id")


def without_shift(config: CentralConfig, now: datetime) -> Iterator[list[Any]]:
    """Cameras whose last dock has ended, and of which no shift has ended since, is under way or is about to begin."""
    early = [config.lateness.early_tolerance, *(unit.early_tolerance for unit in config.unit.values())]
    begun = Shift.objects.exclude(status__in=Shift.NOBODYS)
    begun = begun.filter(starts_at__lte=now + max(one for one in early if one is not None))
    for docks in _last_docks():
        shifts = begun.filter(camera_serial__in=[dock.camera for dock in docks])
        last = dict(shifts.values_list("camera_serial").annotate(Max("ends_at")).order_by())
        stray = [
            dock
            for dock in docks
            if dock.undocked_at is not None and not (dock.camera in last and last[dock.camera] >= dock.undocked_at)
        ]
        latest = _latest(begun.filter(camera_serial__in=[dock.camera for dock in stray]), last)
        for dock in stray:
            place = dock.station_id, dock.bay_label or dock.bay
            yield [dock.camera, dock.undocked_at, *place, *latest.get(dock.camera, (None, None))]


def _latest(shifts: QuerySet[Shift], last: dict[str, datetime]) -> dict[str, tuple[str, str]]:
    """Shift and officer of each camera's shift that ended last, asked for all cameras at once."""
    rows = shifts.filter(ends_at__in=set(last.values())).order_by("-shift_id")
    ended = rows.values_list("camera_serial", "ends_at", "shift_id", "officer_id")
    return {camera: (shift, officer) for camera, ends_at, shift, officer in ended if last[camera] == ends_at}


def _last_docks() -> Iterator[list[DockSession]]:
    """The last proven dock of every camera, in order of their names. An older one that seems open is none: its end
    was never told."""
    docks = DockSession.objects.filter(proves_dock=True, docked_at__isnull=False).exclude(camera="")
    newest = dict(docks.values_list("camera").annotate(Max("docked_at")).order_by("camera"))
    for batch in batches(newest):
        rows = docks.filter(camera__in=batch, docked_at__in={newest[name] for name in batch}).order_by("session")
        last = {row.camera: row for row in rows if row.docked_at == newest[row.camera]}
        yield [last[name] for name in batch]
