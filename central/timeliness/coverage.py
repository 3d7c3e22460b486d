"""Which docks could have seen the camera return, and whether they were watching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.timeliness.duty import Duty
from central.timeliness.instants import FAR_FUTURE, FAR_PAST, sooner
from central.timeliness.stay import Stay, Watches
from central.timeliness.verdict import Cause, Why
from central.timeliness.watching import Span, gaps, length


@dataclass(frozen=True)
class Gap:
    """A bay that was not watched. None: not yet, or not any more."""

    station: str
    bay: str
    since: datetime | None
    until: datetime | None


@dataclass(frozen=True)
class Coverage:
    """How well a span was watched."""

    spoiled: tuple[Why, ...] = ()
    """What keeps us from saying that the camera did not dock; empty when every relevant bay was watched."""
    tolerated: tuple[Gap, ...] = ()


def relevant_stations(duty: Duty, stays: Iterable[Stay]) -> frozenset[str]:
    """The duty's home stations, and every station where the camera may have been docked shortly before duty end."""
    since = sooner(duty.ends_at, duty.policy.relevant_for)
    docked = (stay.session.station for stay in stays if stay.absent_until <= duty.ends_at and stay.absent_at >= since)
    return duty.home_stations.union(docked)


def coverage(
    relevant: Iterable[str], watches: Watches, stays: Sequence[Stay], window: Span, most: timedelta
) -> Coverage:
    """Whether every bay of the relevant stations was watched all through the window, but for at most `most`."""
    spoiled: list[Why] = []
    tolerated: list[Gap] = []
    for station in sorted(relevant):
        bays = sorted(bay for owner, bay in watches if owner == station)
        if not bays:
            spoiled.append(Why(Cause.UNWATCHED, station, None, *window))
        for bay in bays:
            unwatched = gaps(watches[station, bay].certain, *window)
            here = [stay for stay in stays if (stay.session.station, stay.session.bay) == (station, bay)]
            if length(unwatched) <= most and all(_absent_around(gap, here) for gap in unwatched):
                tolerated += [_gap(station, bay, gap) for gap in unwatched]
            else:
                spoiled += [_why(_gap(station, bay, gap)) for gap in unwatched]
    if not spoiled and not any(owner in relevant for owner, _ in watches):
        spoiled.append(Why(Cause.NO_STATION))
    return Coverage(tuple(spoiled), tuple(tolerated))


def unwatched_within(relevant: Iterable[str], watches: Watches, window: Span) -> tuple[Gap, ...]:
    """All gaps of these stations' bays in the window: what else could have happened unseen."""
    own = sorted(key for key in watches if key[0] in relevant)
    return tuple(_gap(*key, gap) for key in own for gap in gaps(watches[key].certain, *window))


def watched_by_all_until(relevant: Iterable[str], watches: Watches) -> datetime:
    """The least of what these bays have been watched until."""
    own = (watch.certain for (station, _), watch in watches.items() if station in relevant)
    return min(spans[-1][1] if spans else FAR_PAST for spans in own)


def _absent_around(gap: Span, here: Iterable[Stay]) -> bool:
    """Whether the camera was in this bay neither just before the gap nor just after. At both instants the bay was
    watched: a gap without a beginning or an end is longer than any tolerance."""
    before, after = gap
    return all(stay.absent_until >= after or stay.absent_at <= before for stay in here)


def _gap(station: str, bay: str, gap: Span) -> Gap:
    since, until = gap
    return Gap(station, bay, None if since == FAR_PAST else since, None if until == FAR_FUTURE else until)


def _why(gap: Gap) -> Why:
    return Why(Cause.UNWATCHED, gap.station, gap.bay, gap.since, gap.until)
