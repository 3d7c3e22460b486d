"""Which other camera it may have been: cameras that were taken out or came back about when this shift had its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from central.custody.models import DockSession
from central.roster.models import HomeStation, Shift

ABOUT = timedelta(hours=3)
"""So long before a shift a camera may be taken out, and so long after it may come back."""
MOST = 24


@dataclass(frozen=True)
class Candidate:
    """A camera that may have been worn."""

    camera: str
    left_at: datetime | None
    left_where: str
    docked_at: datetime | None
    docked_where: str
    on_shift: str
    """Another shift that had it meanwhile, and whose; empty: it was on nobody's."""


def cameras_nearby(shift: Shift) -> list[Candidate]:
    """Those that left or came back at a home station of this shift, without a shift of their own first."""
    homes = list(HomeStation.objects.filter(shift=shift).values_list("station_id", flat=True))
    left, back = (shift.starts_at - ABOUT, shift.ends_at), (shift.starts_at, shift.ends_at + ABOUT)
    docks = DockSession.objects.filter(station__in=homes).exclude(camera__in=("", shift.camera_serial))
    docks = docks.filter(Q(undocked_at__range=left) | Q(docked_at__range=back)).order_by("docked_at", "pk")
    found: dict[str, list[DockSession]] = {}
    for dock in docks:
        found.setdefault(dock.camera, []).append(dock)
    busy = _others(shift, found)
    candidates = [_candidate(name, docks, shift, busy.get(name, "")) for name, docks in found.items()]
    return sorted(candidates, key=lambda one: (bool(one.on_shift), one.left_at is None, one.camera))[:MOST]


def _others(shift: Shift, cameras: Iterable[str]) -> dict[str, str]:
    rows = Shift.objects.filter(
        camera_serial__in=list(cameras), starts_at__lt=shift.ends_at, ends_at__gt=shift.starts_at
    )
    rows = rows.exclude(pk=shift.pk).exclude(status__in=Shift.NOBODYS).select_related("officer")
    return {one.camera_serial: f"{one.pk}, {one.officer.name or one.officer_id}" for one in rows}


def _candidate(camera: str, docks: list[DockSession], shift: Shift, on_shift: str) -> Candidate:
    early = shift.starts_at - ABOUT
    left = [one for one in docks if one.undocked_at is not None and early <= one.undocked_at <= shift.ends_at]
    back = [one for one in docks if one.docked_at is not None and one.docked_at >= shift.starts_at]
    first, last = (left[0] if left else None), (back[-1] if back else None)
    return Candidate(
        camera,
        first.undocked_at if first else None,
        _where(first),
        last.docked_at if last else None,
        _where(last),
        on_shift,
    )


def _where(dock: DockSession | None) -> str:
    return "" if dock is None else f"{dock.station_id}, {dock.bay_label or dock.bay}"
