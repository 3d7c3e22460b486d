"""Stays: where the camera provably was, on central's clock and without a gap in the proof."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.timeliness.facts import DockSession
from central.timeliness.instants import FAR_FUTURE, FAR_PAST, later, sooner
from central.timeliness.watching import Span, gaps, length

Watches = Mapping[tuple[str, str], Sequence[Span]]
"""Watched spans by station and bay."""


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
            spans = watches.get((session.station, session.bay), ())
            stays += _without_gaps(_widened(session, spans), spans, tolerated)
        else:
            stays.append(_arrival(session))
    return _one_place_at_a_time(sorted(stays, key=lambda stay: stay.seen_at))


def _widened(session: DockSession, spans: Sequence[Span]) -> Stay:
    by = session.uncertainty
    seen_from = sooner(session.seen_at, by)
    last_present = seen_from if session.last_present_at is None else sooner(session.last_present_at, by)
    if session.absent_at is None and spans:
        last_present = max(last_present, spans[-1][1])  # open: there for as long as its bay was watched
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


def _without_gaps(stay: Stay, spans: Sequence[Span], tolerated: timedelta) -> list[Stay]:
    inner = [
        (last, first)
        for last, first in gaps(spans, stay.seen_at, stay.last_present_at)
        if last >= stay.seen_at and first <= stay.last_present_at
    ]
    if length(inner) <= tolerated:
        return [stay]
    pieces = []
    for last, first in inner:
        pieces.append(replace(stay, last_present_at=last, absent_at=first))
        stay = replace(stay, absent_until=last, seen_from=first, seen_at=first, told_at=first)
    return [*pieces, stay]


def _one_place_at_a_time(stays: list[Stay]) -> list[Stay]:
    """A camera that was seen docking anew had left its earlier bay by then, whether or not that station can tell."""
    ended = []
    for place, stay in enumerate(stays):
        after = (
            one.seen_at for one in stays[place + 1 :] if one.session.proves_dock and one.seen_from > stay.seen_at
        )
        until = min(stay.absent_at, next(after, FAR_FUTURE))
        ended.append(replace(stay, absent_at=until) if stay.session.proves_dock else stay)
    return ended
