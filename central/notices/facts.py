"""What is known when it is decided who is written to. Values; every instant is in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from central.notices.digest import OPEN_KINDS, Kind

UTC_ZONE = ZoneInfo("UTC")
CLOSING_KINDS = frozenset({Kind.CLEARED, Kind.WITHDRAWN})


@dataclass(frozen=True)
class Standing:
    """What stands of one shift."""

    shift_id: str
    camera: str
    verdict: str
    deadline_at: datetime
    excuse: str = ""
    late_by: timedelta | None = None
    docked_at: datetime | None = None
    docked_where: str = ""
    because: str = ""
    """What made central judge it."""
    causes: tuple[str, ...] = ()
    """What makes it `indeterminate`."""


@dataclass(frozen=True)
class Manner:
    """How one unit is written to."""

    mode: str = "live"
    delay: timedelta = timedelta(minutes=15)
    times: tuple[time, ...] = ()
    """Local times of day at which digests leave. None: `delay` after the first news."""
    zone: ZoneInfo = UTC_ZONE
    reminders: timedelta = timedelta(hours=24)
    escalation: timedelta = timedelta(hours=48)

    @property
    def reading(self) -> timedelta:
        """How long somebody on duty has for a digest before it goes over his head."""
        return self.escalation / 8


@dataclass(frozen=True)
class Post:
    """Those who answer for some shifts of an item now."""

    unit: str
    first: tuple[str, ...]
    """The supervisor or his delegate, and whoever is on duty. With nobody named: IT."""
    chain: tuple[str, ...]
    """To whom it goes next, one step after another."""
    manner: Manner
    since: datetime
    """When the first of these shifts opened the item or joined it."""
    on_duty: str = ""
    """Which of `first` is read at any hour."""
    duty_from: datetime | None = None
    """When their first shift begins, or began, that had not ended when they were told. None: the roster has none."""
    nobody_named: bool = False


@dataclass(frozen=True)
class Told:
    """A word that somebody was sent about an item, or that waits in the outbox for him."""

    recipient: str
    mode: str
    unit: str
    kind: Kind
    at: datetime
    """When it was sent; while it waits, when it was written."""
    manner: Manner = Manner()
    """Of the unit."""
    waits: bool = False
    was_refused: bool = False
    in_vain: bool = False
    """It waits for longer than `escalation`: the server answers, and does not take it."""


@dataclass(frozen=True)
class Item:
    """A camera that is out, or was until its item closed."""

    number: int
    camera: str
    opened_at: datetime
    posts: tuple[Post, ...] = ()
    told: tuple[Told, ...] = ()
    closed_at: datetime | None = None
    state: str = "open"
    is_outstanding: bool = True
    """A shift of it stands as outstanding at this instant. Otherwise nothing is said, but that it is closed."""
    paused_until: datetime | None = None
    must_wait: bool = False
    """Something that could say that it is back was not judged or not heard yet."""

    def told_to(self, recipient: str, mode: str) -> tuple[Told, ...]:
        return tuple(one for one in self.told if (one.recipient, one.mode) == (recipient, mode))

    def still_to_hear(self) -> tuple[Told, ...]:
        """The last word to each who thinks that it is out; or that it was late, where that is withdrawn."""
        last: dict[tuple[str, str], Told] = {}
        for one in sorted(self.told, key=lambda told: told.at):
            last[one.recipient, one.mode] = one
        untrue = OPEN_KINDS | ({Kind.CLEARED} if self.state == Kind.WITHDRAWN else set())
        return tuple(one for one in last.values() if one.kind in untrue)
