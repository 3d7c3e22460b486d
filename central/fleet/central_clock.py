"""May central believe its own clock? A pure answer from what the clocks of its stations read. Nobody is accused by a
clock that its stations contradict."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

LIMIT = timedelta(minutes=5)
"""Beyond this a clock is another one, not a slow one. Beyond the same a station erases nothing."""
WITNESSES = 2
"""One clock against another says nothing about which of them is wrong."""


@dataclass(frozen=True)
class Reading:
    """What one station's wall clock read when its latest heartbeat came."""

    heard_at: datetime
    """On central's clock."""
    ahead: timedelta
    """Of central's clock; negative: behind."""


@dataclass(frozen=True)
class Jump:
    """Central's wall clock went away from its boot-time clock, and no station has confirmed that since."""

    at: datetime
    """The first instant after it, on the new clock."""
    by: timedelta


@dataclass(frozen=True)
class Doubt:
    """Central's clock is in doubt."""

    ahead: timedelta
    """Central's, of the stations that agree with each other; after a jump that nobody was heard since, its length."""
    agreeing: int
    heard: int


def doubt_of(readings: Iterable[Reading], now: datetime, lately: timedelta, jump: Jump | None) -> Doubt | None:
    """None: central's clock may be believed, or nothing speaks against it.

    At least half of the stations heard lately, and at least two, are away from it and agree with each other. After a
    jump one is enough if no other was heard since; until one is heard it is in doubt too, for `lately` at most.
    """
    heard = [one for one in readings if _counts(one, now, lately, jump)]
    if not heard:
        is_fresh = jump is not None and now - jump.at < lately
        return Doubt(jump.by, 0, 0) if jump is not None and is_fresh else None
    agreeing = _largest_agreement([one.ahead for one in heard if abs(one.ahead) > LIMIT])
    is_alone = len(heard) == 1 and jump is not None
    if not agreeing or 2 * len(agreeing) < len(heard) or (len(agreeing) < WITNESSES and not is_alone):
        return None
    return Doubt(-agreeing[len(agreeing) // 2], len(agreeing), len(heard))


def _counts(one: Reading, now: datetime, lately: timedelta, jump: Jump | None) -> bool:
    """A heartbeat of the future, or from before a jump, came by another clock than now's."""
    return timedelta(0) <= now - one.heard_at < lately and (jump is None or one.heard_at >= jump.at)


def _largest_agreement(away: Iterable[timedelta]) -> Sequence[timedelta]:
    """The most of these that lie within the limit of each other, in order."""
    ordered = sorted(away)
    runs = ([one for one in ordered[start:] if one - ordered[start] <= LIMIT] for start in range(len(ordered)))
    return max(runs, key=len, default=())
