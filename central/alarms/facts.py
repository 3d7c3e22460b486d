"""What is known of stations, bays, cameras and central itself, as the conditions want it. Values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.fleet.central_clock import Doubt


@dataclass(frozen=True)
class BaySaid:
    """One bay as the latest heartbeat tells it."""

    bay: str
    label: str = ""
    says: str = ""
    """The bay's own word, as it is shown at the dock."""
    camera: str = ""

    @property
    def name(self) -> str:
        return self.label or self.bay


@dataclass(frozen=True)
class UnwatchedNow:
    """A bay that is not watched although its source is."""

    bay: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Said:
    """What a station said of itself in its latest heartbeat."""

    loop_ages_s: tuple[tuple[str, float], ...] = ()
    disk_free: int = 0
    disk_total: int = 0
    """Bytes; 0: not told."""
    full_in: timedelta | None = None
    """When its disk is full if it goes on filling as in the last hours. None: it is not, or nobody can say."""
    twins: int = 0
    """How often within the last hour a boot spoke again after another one did."""
    restarts: int = 0
    """Of its agent, within the last hour."""
    version: str = ""
    version_since: datetime | None = None
    digests: tuple[str, str] = ("", "")
    """Of its configuration and of its profiles; empty: not told."""
    digests_since: datetime | None = None
    clock_ahead_ms: float | None = None
    oldest_unreceipted_at: datetime | None = None
    bays: tuple[BaySaid, ...] = ()


@dataclass(frozen=True)
class GapHeld:
    """Events are missing in the middle of a ledger."""

    first_missing: int
    since: datetime


@dataclass(frozen=True)
class Station:
    """One enrolled station. One that was never heard is new and nobody's problem."""

    name: str
    heard_at: datetime | None
    silent_at: datetime | None = None
    """Since when it is offline, by the row of that flip. None: it is not."""
    said: Said = Said()
    site: str = ""
    """Where it stands; empty: not said."""
    unwatched: tuple[UnwatchedNow, ...] = ()
    gap: GapHeld | None = None
    parked: int = 0
    forks: int = 0
    spoke_again: datetime | None = None
    credential_made_at: datetime | None = None
    """None: none was used yet."""
    credential_ends_at: datetime | None = None
    """None: it has no end, for its agent cannot renew it."""
    went_back: bool = False
    """It sent events that central had acknowledged and no longer held, and no epoch was raised since."""


@dataclass(frozen=True)
class PutAside:
    """The quarantined files of one camera at one station."""

    station: str
    camera: str
    files: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Unknown:
    """A camera that no profile knows, and when it docked last."""

    station: str
    camera: str
    docked_at: datetime


@dataclass(frozen=True)
class NotSafe:
    """A camera that is docked for long, and how many of its files have no receipt."""

    station: str
    camera: str
    bay: str
    docked_at: datetime
    files: int


@dataclass(frozen=True)
class Word:
    """A person's answer that IT has something to do with."""

    number: int
    camera: str
    said_by: str
    said_at: datetime
    where: str = ""
    due_at: datetime | None = None
    decider: str = ""


@dataclass(frozen=True)
class Words:
    """Answers that nothing has ended."""

    losses: tuple[Word, ...] = ()
    checks: tuple[Word, ...] = ()
    contests: tuple[Word, ...] = ()


@dataclass(frozen=True)
class NotLetIn:
    """What came to the door and was refused, lately."""

    sort: str
    subject: str
    times: int
    since: datetime
    detail: str = ""


@dataclass(frozen=True)
class Roster:
    brought_at: datetime | None = None
    waiting: int = 0
    folder_trouble: str = ""


@dataclass(frozen=True)
class Channels:
    """What keeps people from being told."""

    mail_failing_since: datetime | None = None
    mail_trouble: str = ""
    mails_waiting: int = 0
    refused: tuple[tuple[str, str], ...] = ()
    """Recipient and why."""
    put_off: tuple[tuple[str, str], ...] = ()
    """Recipient and why: the server takes others' mails, and has not taken theirs for long."""
    unaddressed: int = 0
    """Cameras that are out, and nobody is named whom to tell."""
    webhook_failing_since: datetime | None = None
    webhook_trouble: str = ""


@dataclass(frozen=True)
class Facts:
    stations: tuple[Station, ...] = ()
    put_aside: tuple[PutAside, ...] = ()
    unknown: tuple[Unknown, ...] = ()
    not_safe: tuple[NotSafe, ...] = ()
    not_let_in: tuple[NotLetIn, ...] = ()
    roster: Roster = Roster()
    words: Words = Words()
    channels: Channels = Channels()
    central_disk_free: int | None = None
    """Bytes; None: not known."""
    clock_doubt: Doubt | None = None
    worked_at: datetime | None = None
    """When the alert worker completed a round last, or began to work if it did not since."""


@dataclass(frozen=True)
class Limits:
    """What makes a fact an alarm."""

    up_since: datetime
    """While central was down nobody could be heard: nobody is silent before `offline_after` from here on."""
    zone: ZoneInfo
    stale_after: timedelta = timedelta(minutes=3)
    offline_after: timedelta = timedelta(minutes=15)
    credential_lifetime: timedelta = timedelta(days=90)
    """0: credentials have no end."""
    roster_max_age: timedelta = timedelta(hours=36)
    disk_low: int = 20 * 2**30
    unreceipted_after: timedelta = timedelta(hours=24)
    not_safe_after: timedelta = timedelta(hours=24)
    full_within: timedelta = timedelta(hours=6)
    min_version: str = ""
    version_after: timedelta = timedelta(days=7)
    drift_after: timedelta = timedelta(hours=4)
