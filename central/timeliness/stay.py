"""Stays: where the camera provably was, on central's clock and without a gap in the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from central.timeliness.facts import DockSession
from central.timeliness.instants import FAR_FUTURE, FAR_PAST, later, sooner
from central.timeliness.watching import NEVER, Span, Watch, length

Watches = Mapping[tuple[str, str], Watch]
"""By station and bay."""


@dataclass(frozen=True)
class Stay:
    """A session, or what an unwatched gap left of it. All instants allow for the station's clock."""

    session: DockSession
    told_at: datetime
    """When it began, as its station saw it."""
    absent_until: datetime
    """It began after this, or at the earliest at this instant."""
    seen_from: datetime
    """The earliest instant at which it may first have been seen."""
    seen_at: datetime
    """It had begun by now."""
    last_present_at: datetime
    """It had not ended before this."""
    absent_at: datetime
    """It had ended by now."""


def stays_of(sessions: Iterable[DockSession], watches: Watches, tolerated: timedelta) -> list[Stay]:
    """All stays, by when they were first seen.

    A session goes on across gaps that are together no longer than `tolerated`; across longer ones nothing proves that
    the camera stayed, so each side is a stay of its own.
    """
    stays: list[Stay] = []
    for session in sessions:
        if session.proves_dock:
            watch = watches.get((session.station, session.bay), NEVER)
            stays += _without_gaps(_widened(session, watch), _gaps_within(session, watch), tolerated)
        else:
            stays.append(_arrival(session))
    return _one_place_at_a_time(sorted(stays, key=lambda stay: stay.seen_at))


def _widened(session: DockSession, watch: Watch) -> Stay:
    by = session.uncertainty
    seen_from = sooner(session.seen_at, by)
    last_present = seen_from if session.last_present_at is None else sooner(session.last_present_at, by)
    if session.absent_at is None and watch.certain:
        last_present = max(last_present, watch.certain[-1][1])  # open: there for as long as its bay was watched
    return Stay(
        session=session,
        told_at=session.seen_at,
        absent_until=FAR_PAST if session.absent_until is None else sooner(session.absent_until, by),
        seen_from=seen_from,
        seen_at=later(session.seen_at, by),
        last_present_at=last_present,
        absent_at=FAR_FUTURE if session.absent_at is None else later(session.absent_at, by),
    )


def _arrival(session: DockSession) -> Stay:
    """Files in a drop folder: docked somewhere at some time before, and perhaps docked still."""
    return Stay(
        session=session,
        told_at=session.seen_at,
        absent_until=FAR_PAST,
        seen_from=sooner(session.seen_at, session.uncertainty),
        seen_at=later(session.seen_at, session.uncertainty),
        last_present_at=sooner(session.seen_at, session.uncertainty),
        absent_at=FAR_FUTURE,
    )


def _gaps_within(session: DockSession, watch: Watch) -> list[Span]:
    """The gaps at both of whose ends the camera was seen there.

    On the station's own clock, whose error is the same for session and watch: widening first would hide a gap that
    begins soon after the dock.
    """
    last_told = session.last_present_at or FAR_FUTURE
    return [
        (before.until, after.since)
        for before, after in pairwise(watch.told)
        if before.until >= session.seen_at and after.since <= last_told
    ]


def _without_gaps(stay: Stay, inner: Sequence[Span], tolerated: timedelta) -> list[Stay]:
    if length(inner) <= tolerated:
        return [stay]
    pieces, by = [], stay.session.uncertainty
    for last, first in inner:
        pieces.append(replace(stay, last_present_at=sooner(last, by), absent_at=later(first, by)))
        stay = replace(
            stay,
            told_at=first,
            absent_until=sooner(last, by),
            seen_from=sooner(first, by),
            seen_at=later(first, by),
        )
    return [*pieces, stay]


def _one_place_at_a_time(stays: list[Stay]) -> list[Stay]:
    """A camera that was seen docking anew had left the bay of a station that can no longer tell. Where that station
    still saw it afterwards, the two contradict each other, and neither is believed over the other."""
    return [_ended(stay, stays[place + 1 :]) for place, stay in enumerate(stays)]


def _ended(stay: Stay, after: Iterable[Stay]) -> Stay:
    if stay.absent_at != FAR_FUTURE or not stay.session.proves_dock:
        return stay
    anew = (one.seen_at for one in after if one.session.proves_dock and one.seen_from > stay.seen_at)
    until = next(anew, FAR_FUTURE)
    return replace(stay, absent_at=until) if until >= stay.last_present_at else stay
