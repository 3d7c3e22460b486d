"""The answers. Each has one name, in code, rows, mails and documents."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import ClassVar


class Cause(StrEnum):
    """Why nothing can be said."""

    UNWATCHED = "unwatched"
    """A bay that could have seen the camera was not watched then."""
    NO_STATION = "no_station"
    """No station is known where this camera might have been expected."""
    DOCK_UNCERTAIN = "dock_uncertain"
    """It docked, perhaps before the deadline and perhaps after."""
    UNDOCK_UNCERTAIN = "undock_uncertain"
    """It was docked before, perhaps until it counted as returned and perhaps not."""
    TWO_OFFICERS = "two_officers"
    """Another officer's duty came without a dock between: nothing tells who had the camera. Neither is named."""


@dataclass(frozen=True)
class Why:
    """One thing that stands in the way: which bay, and when. None: not known, or none in particular."""

    cause: Cause
    station: str | None = None
    bay: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class NoDuty:
    """It never left the dock, so there was nothing to return."""

    name: ClassVar[str] = "no_duty"


@dataclass(frozen=True)
class OnTime:
    """It was back by the deadline."""

    name: ClassVar[str] = "on_time"
    at: datetime
    """When the session that is the return began, as its station saw it."""


@dataclass(frozen=True)
class Late:
    """It came back, provably after the deadline."""

    name: ClassVar[str] = "late"
    by: timedelta
    """From the deadline until it was last proven absent where it then docked."""


@dataclass(frozen=True)
class Pending:
    """It is too early to tell."""

    name: ClassVar[str] = "pending"
    waiting_for: tuple[str, ...] = ()
    """Stations that have not told everything yet; empty while the deadline itself is still to come."""


@dataclass(frozen=True)
class Outstanding:
    """It is past the deadline, every dock that could have seen it was watching, and none did."""

    name: ClassVar[str] = "outstanding"
    by: timedelta
    """From the deadline to the instant until which all of these docks are known to have watched."""


@dataclass(frozen=True)
class Indeterminate:
    """Nothing can be said, and here is why."""

    name: ClassVar[str] = "indeterminate"
    why: tuple[Why, ...]


@dataclass(frozen=True)
class Excused:
    """A person with the right to say so excused it. The plain verdict stands beside."""

    name: ClassVar[str] = "excused"
    reason: str


PlainVerdict = NoDuty | OnTime | Late | Pending | Outstanding | Indeterminate
Verdict = PlainVerdict | Excused
