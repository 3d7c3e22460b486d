"""A real clock for sources, with nothing measured."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event

from agent.rules.footage import Instant


class RealClock:
    def now(self) -> Instant:
        return Instant(datetime.now(UTC), time.clock_gettime_ns(time.CLOCK_BOOTTIME), "0123456789abcdef")

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        raise NotImplementedError

    def wait(self, seconds: float, until: Callable[[], bool] | None = None, news: Event | None = None) -> None:
        raise NotImplementedError


def eventually(question: Callable[[], bool], within_s: float = 10.0) -> None:
    """Return as soon as it is true.

    Raises:
        AssertionError: it was not true in time.
    """
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline, "it did not come about in time"
        time.sleep(0.02)
