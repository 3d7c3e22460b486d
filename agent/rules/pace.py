"""How far a copy is and how long it will still take: smoothed, and never better than it is."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

SMOOTHED_OVER_S = 8.0
"""A rate follows a change within about so many seconds: one slow read shall not make minutes jump."""
WATCHED_S = 3.0
"""Nothing is foretold from less than this."""
STANDS_STILL_S = 15.0
"""Without a byte for so long nobody can say when it will be done."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What was seen of one copy so far."""

    left: int
    """Bytes."""
    at_ns: int
    moved_ns: int
    """When a byte last moved."""
    rate: float | None = None
    """Bytes per second."""
    watched_s: float = 0.0
    """Over how many seconds the rate was seen."""


def begun(left: int, at_ns: int) -> Pace:
    """Nothing is known yet but how much there is to do."""
    return Pace(left, at_ns, at_ns)


def moved_on(pace: Pace, left: int, at_ns: int) -> Pace:
    """The pace after one more look. More to do than before (a new file) is no slower copy: the rate stands."""
    passed_s = (at_ns - pace.at_ns) / 1e9
    if passed_s <= 0:
        return pace
    moved = pace.left - left
    if moved < 0:
        return replace(pace, left=left, at_ns=at_ns)
    now = moved / passed_s
    if pace.rate is None:
        rate = now if moved else None
    else:
        rate = pace.rate + (now - pace.rate) * (1 - math.exp(-passed_s / SMOOTHED_OVER_S))
    return Pace(
        left=left,
        at_ns=at_ns,
        moved_ns=at_ns if moved else pace.moved_ns,
        rate=rate,
        watched_s=pace.watched_s + passed_s if rate is not None else 0.0,
    )


def rate_now(pace: Pace) -> float | None:
    """Bytes per second; None while it is not known."""
    if pace.watched_s < WATCHED_S or (pace.at_ns - pace.moved_ns) / 1e9 > STANDS_STILL_S:
        return None
    return pace.rate


def seconds_left(pace: Pace) -> float | None:
    """None: nobody can say."""
    rate = rate_now(pace)
    return pace.left / rate if rate else None


def percent_done(left: int, total: int) -> int | None:
    """100 only when nothing is left; None when there is nothing to do."""
    if total <= 0:
        return None
    return 100 if left <= 0 else max(0, min(99, 100 * (total - left) // total))


def minutes_words(seconds: float | None) -> str:
    """Rounded up: whoever waits as long as it says shall not find it unfinished. `…`: nobody can say."""
    if seconds is None or not math.isfinite(seconds):
        return "…"
    if seconds < 60:
        return "<1 min"
    minutes = math.ceil(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    tens = math.ceil(minutes / 10) * 10
    hours, rest = divmod(tens, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
