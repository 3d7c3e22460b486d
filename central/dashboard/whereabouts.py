"""Where cameras were seen last."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Max

from central.custody.models import DockSession
from central.fleet.models import Bay
from central.roster.shifts import batches


def last_docks(cameras: Iterable[str]) -> dict[str, DockSession]:
    """The latest proven dock of each of these cameras that was ever docked; two questions for every 500."""
    docks = DockSession.objects.filter(proves_dock=True, docked_at__isnull=False)
    found: dict[str, DockSession] = {}
    for batch in batches(cameras):
        newest = dict(docks.filter(camera__in=batch).values_list("camera").annotate(Max("docked_at")).order_by())
        rows = docks.filter(camera__in=batch, docked_at__in=set(newest.values()))
        found.update({row.camera: row for row in rows.order_by("session") if row.docked_at == newest[row.camera]})
    return found


def place_of(dock: DockSession | None) -> str:
    """`east-1, Bay 7`, or nothing."""
    return "" if dock is None else ", ".join(part for part in (dock.station_id, dock.bay_label or dock.bay) if part)


def bay_labels(stations: Iterable[str]) -> dict[tuple[str, str], str]:
    """The labels that IT gave to bays, by station and bay; a bay without one is not in it."""
    rows = Bay.objects.filter(station__in=set(stations)).exclude(label="")
    return {(station, bay): label for station, bay, label in rows.values_list("station_id", "bay", "label")}
