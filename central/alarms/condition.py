"""A condition as the rules tell it, and what they tell of all together."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.alarms.facts import Limits
from central.alarms.kinds import Kind

CENTRAL = "central"
"""The subject of what concerns central itself."""


@dataclass(frozen=True)
class Condition:
    """Something that IT should know of, as long as it holds."""

    kind: Kind
    subject: str
    sentence: str
    station: str = ""
    since: datetime | None = None
    detail: dict[str, object] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Findings:
    """What holds, and of what cannot be said whether it holds."""

    open: tuple[Condition, ...]
    unsure: frozenset[tuple[str, str]] = frozenset()
    """Kind and station, or kind and subject: neither begins nor ends now."""
    nothing_else: bool = False
    """Of all that is not open here it cannot be said either."""


def when(instant: datetime, limits: Limits) -> str:
    """As people where the stations are would write it."""
    return clock_in(instant, limits.zone)


def clock_in(instant: datetime, zone: ZoneInfo) -> str:
    """`Nov 23 12:00` in that zone. A station may say any instant, and one must never keep all others untold."""
    try:
        local = instant.astimezone(zone)
    except OverflowError:  # the year 1 or 9999
        return f"the year {instant.year}"
    return f"{local:%b} {local.day} {local:%H:%M}"


def span(seconds: float) -> str:
    """So long, roughly."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def hours(left: timedelta) -> str:
    """Whole hours: a sentence that changed with every heartbeat would be written with every one."""
    whole = int(left.total_seconds() // 3600)
    return f"less than {whole + 1} h"


def size_of(size: int) -> str:
    """Bytes in whole units: a sentence that changed with every heartbeat would be written with every one."""
    return f"{size // 2**30} GiB" if size >= 2**30 else f"{size // 2**20} MiB"


def sentence(words: str) -> str:
    """Words of others with a full stop behind them."""
    words = words.strip() or "no reason was given"
    return words if words.endswith((".", "!")) else f"{words}."
