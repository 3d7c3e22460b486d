"""On which shift a file was recorded, as the roster has it."""

from __future__ import annotations

from datetime import timedelta

from central.custody.models import Asset, DockSession
from central.roster.models import Shift


def shift_of(asset: Asset, early_tolerance: timedelta) -> Shift | None:
    """Recorded on the latest shift with this camera that had begun by then, or for which it had been taken out by
    then, within `early_tolerance`: the end of a shift is not the next one's. A recording whose time nobody knows is
    nobody's shift."""
    if asset.recorded_at is None or not asset.camera:
        return None
    taken = DockSession.objects.filter(camera=asset.camera, undocked_at__lte=asset.recorded_at)
    taken_at = taken.order_by("-undocked_at").values_list("undocked_at", flat=True).first()
    early = asset.recorded_at if taken_at is None else taken_at + early_tolerance
    begun = Shift.objects.filter(camera_serial=asset.camera, starts_at__lte=max(asset.recorded_at, early))
    return begun.exclude(status__in=Shift.NOBODYS).order_by("-starts_at", "pk").first()
