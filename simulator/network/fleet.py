# ruff: noqa: ARG002 - ports decide what their methods are given
"""A thousand stations on a virtual clock: when does each of them call central, and how often all of them together?

The stations' own rules decide: real loops and rounds for heartbeats and events, real upload and verify work with its
gate, real backoff and jitter, each on a ledger in memory. Only the waiting is ours: a heap of instants instead of
threads. A request takes effect at its station from its beginning on, not from its end; that draws a station's calls
together by the length of one request, never apart.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from uuid import UUID

from agent.errors import RetryLater
from agent.rules.footage import Instant
from protocol.messages import ClockReading, Heartbeat
from simulator.clock import START
from simulator.network.fleet_station import FleetStation

MIB = 1 << 20
SECOND = 1_000_000_000
FINISHED = 0.95
"""The recovery is over when so many of the stations are through: the mean is not watered down by the last ones."""


class FleetClock:
    """The port `Clock`. The heap moves it; within one call it also moves by what the call takes."""

    def __init__(self) -> None:
        self.at_ns = 0
        self.spent_ns = 0
        """What the calls since the present instant took."""

    def now(self) -> Instant:
        return Instant(START, self.at_ns + self.spent_ns, "boot-1")

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None: ...

    def wait(self, seconds: float, until: Callable[[], bool] | None = None, news: Event | None = None) -> None:
        self.spent_ns += int(seconds * SECOND)

    def spend(self, seconds: float) -> None:
        self.spent_ns += int(seconds * SECOND)


class Fleet:
    """`stations` and what they ask of one central, which is `away` or not."""

    def __init__(self, count: int, files: int, seed: int) -> None:
        """`files` wait at each station, each of 1 to 30 MiB."""
        self.clock = FleetClock()
        self.trouble: RetryLater | None = None
        """What central, or the network, says to everyone now; None: it serves."""
        self.is_counted = True
        """Whether a refused request reaches central at all."""
        self.asked: Counter[int] = Counter()
        """Requests by whole second."""
        self.kinds: Counter[str] = Counter()
        self.heard: dict[str, float] = {}
        """When central first served each station since `forget`, in seconds."""
        self._chance = random.Random(seed)
        self._heap: list[tuple[int, int, Callable[[], object]]] = []
        self._planned = 0
        self.stations = [
            FleetStation(self, f"s-{number}", [self._chance.randint(MIB, 30 * MIB) for _ in range(files)])
            for number in range(count)
        ]

    def ask(self, station: str, what: str) -> None:
        """One request.

        Raises:
            RetryLater: whatever the trouble is now.
        """
        at_s = (self.clock.at_ns + self.clock.spent_ns) / SECOND
        if self.trouble is not None and not self.is_counted:
            raise self.trouble
        self.asked[int(at_s)] += 1
        self.kinds[what] += 1
        if self.trouble is not None:
            raise self.trouble
        self.heard.setdefault(station, at_s)

    def forget(self) -> None:
        """Count from now on."""
        self.asked.clear()
        self.kinds.clear()
        self.heard.clear()

    # --- time -------------------------------------------------------------------------------------------

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Let it happen in so many seconds from now."""
        self._planned += 1
        heapq.heappush(self._heap, (self.clock.at_ns + int(seconds * SECOND), self._planned, do))

    def later_than_spent(self, seconds: float, do: Callable[[], object]) -> None:
        """The same, from the end of the calls that were made just now."""
        self.later(self.clock.spent_ns / SECOND + seconds, do)

    def run(self, until_s: float, is_over: Callable[[], bool] = lambda: False) -> float:
        """Let time pass up to that second, or until it is over (asked once a second); returns the second reached."""
        asked_at = self.clock.at_ns
        while self._heap and self._heap[0][0] <= until_s * SECOND:
            self.clock.at_ns, _, do = heapq.heappop(self._heap)
            self.clock.spent_ns = 0
            do()
            if self.clock.at_ns - asked_at >= SECOND:
                asked_at = self.clock.at_ns
                if is_over():
                    break
        else:
            self.clock.at_ns = int(until_s * SECOND)
        self.clock.spent_ns = 0
        return self.clock.at_ns / SECOND

    def has_recovered(self) -> bool:
        """Nearly all stations were heard again, and nothing waits at them."""
        if len(self.heard) < FINISHED * len(self.stations):
            return False
        through = sum(station.is_through() for station in self.stations)
        return through >= FINISHED * len(self.stations)

    # --- small things -----------------------------------------------------------------------------------

    def new_id(self) -> UUID:
        return UUID(int=self._chance.getrandbits(128))

    def heartbeat(self, sequence: int) -> Heartbeat:
        return Heartbeat(
            sequence=sequence,
            version="0",
            at=ClockReading(wall=START, monotonic_ns=self.clock.at_ns, boot_id="boot-1"),
            uptime_s=1.0,
        )


@contextmanager
def chance(seed: int) -> Iterator[None]:
    """The agent's own dice, thrown the same way every time."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)
