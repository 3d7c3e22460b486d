"""How far this clock is from central's, also after somebody has set it since that was measured."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

JITTER_MS = 100.0
"""Wall time and time since boot are read one after the other; less than this between them is no jump."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An offset, and the two readings of our own clocks at that moment."""

    offset_ms: float
    """Positive: we are ahead of central."""
    uncertainty_ms: float
    wall: datetime
    monotonic_ns: int
    """Of the same boot as every later reading that it is compared with."""


def offset_now(measured: Measured, wall: datetime, monotonic_ns: int) -> float:
    """Milliseconds. A clock that was set by eight days is eight days off at once, not only from the next heartbeat
    on: in between, copies would look old enough to go."""
    passed = timedelta(microseconds=(monotonic_ns - measured.monotonic_ns) / 1000)
    jumped_ms = (wall - measured.wall - passed) / timedelta(milliseconds=1)
    return measured.offset_ms + (jumped_ms if abs(jumped_ms) > JITTER_MS else 0.0)
