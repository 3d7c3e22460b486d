"""The station's one bandwidth limit, shared by all uploads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from agent.errors import RetryLater
from agent.ports import Clock
from agent.rules.bandwidth import Bucket, Limit, limit_at, take

CLOSED_RETRY_S = 60.0


class Throttle:
    """Grants bytes as the timetable allows; every upload asks the same one before each block it sends."""

    def __init__(
        self,
        limits: Sequence[Limit],
        clock: Clock,
        stopping: Callable[[], bool],
        to_local: Callable[[datetime], datetime] = datetime.astimezone,
    ) -> None:
        """`to_local` turns UTC into the station's wall time."""
        self._limits = tuple(limits)
        self._clock = clock
        self._stopping = stopping
        self._to_local = to_local
        self._bucket = Bucket(at_ns=clock.now().monotonic_ns)
        self._lock = threading.Lock()

    def follow(self, limits: Sequence[Limit]) -> None:
        """From the next grant on, this timetable counts."""
        self._limits = tuple(limits)

    def grant(self, wanted: int) -> int:
        """How many of `wanted` bytes may go now (at least 1). Waits for them.

        Raises:
            RetryLater: the timetable allows none now, or the station stops.
        """
        while not self._stopping():
            rate = self.rate()
            if rate is None:
                return wanted
            if rate <= 0:
                raise RetryLater(
                    "The timetable allows no uploads now.", code="bandwidth_closed", retry_after_s=CLOSED_RETRY_S
                )
            with self._lock:
                now_ns = self._clock.now().monotonic_ns
                self._bucket, granted, wait_s = take(self._bucket, now_ns, rate, wanted)
            if granted:
                return granted
            self._clock.wait(wait_s, self._stopping)
        raise RetryLater("The station stops.", code="stopping")

    def rate(self) -> float | None:
        """Bytes per second allowed now, of all uploads together; None: as fast as it goes."""
        limits = self._limits
        return limit_at(limits, self._to_local(self._clock.now().wall)) if limits else None
