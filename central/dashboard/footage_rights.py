"""Who may see footage itself. What is known *about* a file stands on its page for every reader."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from central import clock
from central.custody import wearing
from central.custody.models import Asset, FootageView
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
    """The shift on which it was recorded, by this site's `early_tolerance`."""
    return wearing.shift_of(asset, settings.CONFIG.lateness.early_tolerance)


def own_view(request: HttpRequest, number: int | str | None) -> FootageView | None:
    """The view of this number, if it is this person's and not too long ago."""
    if not str(number or "").isdecimal() or len(str(number)) > 18:
        return None
    since = clock.now() - GOOD_FOR
    rows = FootageView.objects.select_related("asset__object").filter(pk=number, at__gte=since)
    return rows.filter(by=request.user.get_username()).first()
