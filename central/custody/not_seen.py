"""Reports of cameras that were not seen, and the dock that ends them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from central.custody.models import DockSession
from central.custody.watch_models import NotSeenReport


def end_reports(dock: DockSession) -> None:
    """This dock ends every report of its camera whose shift had ended before the dock was over."""
    if dock.docked_at is not None and dock.identity_unique is not False:
        reports = NotSeenReport.objects.filter(camera=dock.camera, ended_by=None)
        if dock.undocked_at is not None:
            reports = reports.filter(ends_at__lte=dock.undocked_at)
        reports.update(ended_by=dock.session)


def dock_since(camera: str, instant: datetime) -> UUID | None:
    """The earliest dock, at any station, that had not ended by then."""
    known = DockSession.objects.filter(camera=camera).exclude(docked_at=None).exclude(identity_unique=False)
    there = known.filter(Q(undocked_at=None) | Q(undocked_at__gte=instant))
    return there.order_by("docked_at").values_list("session", flat=True).first()
