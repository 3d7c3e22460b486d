"""Where a camera was seen last, in words."""

from __future__ import annotations

from datetime import datetime

from central.custody.models import DockSession


def last_dock(camera: str) -> DockSession | None:
    docks = DockSession.objects.filter(camera=camera, proves_dock=True, docked_at__isnull=False)
    return docks.order_by("-docked_at").first()


def last_left(camera: str) -> tuple[datetime | None, str]:
    """When it left its last dock, and which: `East, Bay 7`. Nothing where it never was in one, or is still there."""
    dock = last_dock(camera)
    if dock is None or dock.undocked_at is None:
        return None, ""
    return dock.undocked_at, ", ".join(part for part in (dock.station_id, dock.bay_label or dock.bay) if part)
