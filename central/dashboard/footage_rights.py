"""Who may see footage itself. What is known *about* a file stands on its page for every reader."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from central import clock
from central.custody.models import Asset, DockSession, FootageView
from central.dashboard.roles import SUPERVISOR
from central.dashboard.sight import SEE_EVERYTHING, Sight
from central.roster.models import Shift

GOOD_FOR = timedelta(hours=4)
"""So long one view may be played on; then the reason is asked again."""


def may_view(sight: Sight, asset: Asset) -> bool:
    """By `[footage] viewers`. A supervisor sees what was recorded on shifts that he may see, and no more."""
    viewers = frozenset(settings.CONFIG.footage.viewers)
    if sight.roles & viewers & SEE_EVERYTHING:
        return True
    return SUPERVISOR in sight.roles & viewers and _is_of_his_shift(sight, asset)


def _is_of_his_shift(sight: Sight, asset: Asset) -> bool:
    shift = shift_of(asset)
    return shift is not None and sight.shifts().filter(pk=shift.pk).exists()


def shift_of(asset: Asset) -> Shift | None:
    """Recorded on the latest shift with this camera that had begun by then, or for which it had been taken out by
    then, within `early_tolerance`: the end of a shift is not the next one's. A recording whose time nobody knows is
    nobody's shift."""
    if asset.recorded_at is None or not asset.camera:
        return None
    taken = DockSession.objects.filter(camera=asset.camera, undocked_at__lte=asset.recorded_at)
    taken_at = taken.order_by("-undocked_at").values_list("undocked_at", flat=True).first()
    early = asset.recorded_at if taken_at is None else taken_at + settings.CONFIG.lateness.early_tolerance
    begun = Shift.objects.filter(camera_serial=asset.camera, starts_at__lte=max(asset.recorded_at, early))
    return begun.exclude(status__in=Shift.NOBODYS).order_by("-starts_at", "pk").first()


def own_view(request: HttpRequest, number: int | str | None) -> FootageView | None:
    """The view of this number, if it is this person's and not too long ago."""
    if not str(number or "").isdecimal() or len(str(number)) > 18:
        return None
    since = clock.now() - GOOD_FOR
    rows = FootageView.objects.select_related("asset__object").filter(pk=number, at__gte=since)
    return rows.filter(by=request.user.get_username()).first()
