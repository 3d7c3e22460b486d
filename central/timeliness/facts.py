"""What is known when a duty is judged. Every instant needs an offset and is kept in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from central.timeliness.duty import Duty
from central.timeliness.instants import settle
from central.timeliness.policy import CERTAIN


@dataclass(frozen=True)
class DockSession:
    """One camera in one bay, from dock to undock, as its station told it.

    The dock happened in `(absent_until, seen_at]`, the undock in `[last_present_at, absent_at]`. Without `absent_at`
    the session is open: the camera is there as far as its bay was watched. A session whose ledger was lost or whose
    station was replaced is not open: it ended between its last proof and the successor's first look.
    """

    session: str
    station: str
    bay: str
    seen_at: datetime
    absent_until: datetime | None = None
    """None: nothing proves that it was absent before."""
    last_present_at: datetime | None = None
    absent_at: datetime | None = None
    uncertainty: timedelta = CERTAIN
    """How far the station's clock may be from central's, either way, once its measured offset is taken off."""
    proves_dock: bool = True
    """False: files arrived in a drop folder. That can acquit an officer and prove nothing else."""
    drained: bool = True
    """Whether every file was durable in the spool before the camera left."""

    def __post_init__(self) -> None:
        settle(self, "seen_at", "absent_until", "last_present_at", "absent_at")


@dataclass(frozen=True)
class Watched:
    """A span, both ends included, in which a bay was listened to or had just been listed. `since == until` is one
    listing: a proof for that instant alone."""

    since: datetime
    until: datetime
    uncertainty: timedelta = CERTAIN

    def __post_init__(self) -> None:
        settle(self, "since", "until")


@dataclass(frozen=True)
class Bay:
    """A bay, and when it was watched: not while its station was down or deaf, nor in over-current, nor while it held
    something unidentified. A drop folder, which cannot show absence, is a bay that was never watched."""

    station: str
    bay: str
    watched: tuple[Watched, ...] = ()


@dataclass(frozen=True)
class Station:
    """How far a station has spoken."""

    station: str
    reported_until: datetime | None = None
    """Central holds every event that the station had recorded until then."""
    heard_at: datetime | None = None
    """Its last heartbeat, on central's clock."""

    def __post_init__(self) -> None:
        settle(self, "reported_until", "heard_at")


@dataclass(frozen=True)
class Excuse:
    """A person with the right to say so excused a shift by name, or a camera for a span that holds the deadline."""

    reason: str
    shift_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    """None: until further notice."""

    def __post_init__(self) -> None:
        settle(self, "since", "until")

    def covers(self, duty: Duty) -> bool:
        if self.shift_id is not None:
            return any(shift.shift_id == self.shift_id for shift in duty.shifts)
        begun = self.since is not None and self.since <= duty.deadline
        return begun and (self.until is None or duty.deadline <= self.until)


@dataclass(frozen=True)
class Facts:
    """All that is known about one camera. Relevant stations that have no bay in here count as unwatched."""

    duties: tuple[Duty, ...]
    """Every duty with this camera, of any officer, also before and after the one that is judged."""
    sessions: tuple[DockSession, ...] = ()
    bays: tuple[Bay, ...] = ()
    stations: tuple[Station, ...] = ()
    excuses: tuple[Excuse, ...] = ()
