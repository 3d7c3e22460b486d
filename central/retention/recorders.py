"""On whose shift footage was recorded: for the links, the owners and the rights that depend on it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db.models import Q

from central.custody.clips import recorded_until
from central.custody.models import Asset
from central.roster.models import Shift

MARGIN = timedelta(hours=2)
"""People begin early and end late."""
UNKNOWN_BEFORE = timedelta(days=30)
"""Footage whose time nobody knows may have been recorded at any time so long before it arrived."""


def span_of(asset: Asset) -> tuple[datetime, datetime]:
    """From when to when it may have been recorded."""
    if asset.recorded_at is None:
        arrived = asset.verified_at or asset.first_heard_at
        return arrived - UNKNOWN_BEFORE, arrived
    return asset.recorded_at, ended_at(asset) or asset.recorded_at


def ended_at(asset: Asset) -> datetime | None:
    """The recording's end, as far as its file tells; None: unknown."""
    if asset.recorded_at is None:
        return None
    return recorded_until(asset.recorded_at, asset.mtime_ns, asset.recorded_until)


def shifts_of(assets: Iterable[Asset]) -> Mapping[object, list[Shift]]:
    """By asset: every shift with its camera on which it may have been recorded, the likeliest first."""
    assets = [one for one in assets if one.camera]
    if not assets:
        return {}
    spans = {one.pk: span_of(one) for one in assets}
    begins = min(begin for begin, _ in spans.values()) - MARGIN
    ends = max(end for _, end in spans.values()) + MARGIN
    rows = Shift.objects.select_related("officer").filter(camera_serial__in={one.camera for one in assets})
    rows = rows.filter(Q(starts_at__lte=ends), Q(ends_at__gte=begins)).exclude(status__in=Shift.NOBODYS)
    by_camera: dict[str, list[Shift]] = defaultdict(list)
    for shift in rows.order_by("-starts_at", "pk"):
        by_camera[shift.camera_serial].append(shift)
    return {one.pk: _likeliest_first(by_camera[one.camera], *spans[one.pk]) for one in assets}


def _likeliest_first(shifts: list[Shift], begin: datetime, end: datetime) -> list[Shift]:
    near = [one for one in shifts if one.starts_at - MARGIN <= end and one.ends_at + MARGIN >= begin]
    return sorted(near, key=lambda one: not one.starts_at <= begin <= one.ends_at)
