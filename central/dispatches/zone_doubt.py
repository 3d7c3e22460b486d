"""Does a CAD's clock, or its zone, differ from the roster's by hours? Asked of a whole file; it only warns. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from central.dispatches.csv_file import DispatchRow
from central.roster.csv_file import LONGEST_SHIFT

LEAST = 10
"""Fewer rows that fit better prove nothing."""
HOURS = (1, -1, 2, -2)
STARTS = attrgetter("starts_at")


@dataclass(frozen=True, slots=True)
class Stay:
    """One officer on duty."""

    officer: str
    starts_at: datetime
    ends_at: datetime


def zone_doubt(rows: Sequence[DispatchRow], stays: Iterable[Stay]) -> str:
    """A sentence when calls would lie within their officers' shifts far more often if moved by whole hours; else
    nothing."""
    by_officer: dict[str, list[Stay]] = defaultdict(list)
    for stay in sorted(stays, key=STARTS):
        by_officer[stay.officer].append(stay)
    calls = [(by_officer[row.officer_id], row.begins_at) for row in rows if row.officer_id in by_officer]
    begun = [(own, at) for own, at in calls if at is not None]
    outside = [(own, at) for own, at in begun if not _on_duty(own, at)]
    if len(outside) < LEAST or len(outside) * 20 < len(begun):
        return ""
    by_hours = {hours: sum(_on_duty(own, at + timedelta(hours=hours)) for own, at in outside) for hours in HOURS}
    hours = max(HOURS, key=by_hours.__getitem__)
    # Moved the other way they must not fit as well: shifts that are far longer than the gap between them say nothing.
    lost = sum(not _on_duty(own, at + timedelta(hours=hours)) for own, at in begun if _on_duty(own, at))
    if by_hours[hours] * 2 < len(outside) or lost * 2 > by_hours[hours]:
        return ""
    told = (
        f"{len(outside)} of {len(begun)} rows begin outside their officers' shifts, {by_hours[hours]} of them not if"
    )
    return f"{told} they are moved by {hours:+} h: is the CAD's clock, or the zone of the file, wrong?"


def _on_duty(own: Sequence[Stay], at: datetime) -> bool:
    first = bisect_left(own, at - LONGEST_SHIFT, key=STARTS)
    last = bisect_right(own, at, key=STARTS)
    return any(stay.ends_at >= at for stay in own[first:last])
