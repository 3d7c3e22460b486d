"""What of a station was watched, and when not: for all of it, for one source, for one bay."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from agent.rules.footage import Instant

UNIDENTIFIED = "unidentified"
"""What is docked has no name that is surely its own: it might be any camera."""
DEAF = "deaf"
"""A source did not listen and did not say why."""


@dataclass(frozen=True, slots=True)
class UnwatchedBay:
    """A bay of one source that cannot be watched now, as the source sees it."""

    bay: str
    reason: str
    since: Instant | None
    """The last instant at which it still could; None: not since the source was started."""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Unwatched:
    """A part of the station that was not watched for a while."""

    source: str
    """Empty: the whole station."""
    bay: str
    """Empty: the whole source."""
    reason: str
    since: datetime
    until: datetime | None = None
    """None: still."""

    @property
    def place(self) -> Place:
        return self.source, self.bay, self.reason


Place = tuple[str, str, str]
"""Source, bay, reason: what an open gap is known by."""


@dataclass(frozen=True, slots=True)
class BayGap:
    """A bay that is not watched now, with all that its event says."""

    source: str
    bay: str
    reason: str
    since: datetime
    detail: str = ""

    @property
    def place(self) -> Place:
        return self.source, self.bay, self.reason


def begun_and_ended(
    known: Collection[Place], now: Iterable[BayGap], deaf: Collection[str]
) -> tuple[list[BayGap], list[Place]]:
    """Which gaps of bays are new, and which are over. A source that is deaf says nothing of its bays: what was known
    of them stays known."""
    there = {gap.place: gap for gap in now}
    begun = [gap for place, gap in sorted(there.items()) if place not in known]
    ended = [place for place in sorted(known) if place not in there and place[0] not in deaf]
    return begun, ended


def reaching_into(gaps: Iterable[Unwatched], since: datetime, until: datetime) -> tuple[Unwatched, ...]:
    """The gaps that share more than an instant with this span."""
    return tuple(gap for gap in gaps if gap.since < until and (gap.until is None or gap.until > since))
