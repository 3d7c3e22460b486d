"""How much one station may ask: so many requests a second of each sort, and so many at once. What is beyond is
answered 429 with `Retry-After`, and costs nobody else anything."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Allowance:
    """Requests a second that go on for ever, and how many may come at once after a quiet time."""

    per_s: float
    burst: float


HEARTBEATS = Allowance(5, 100)
"""A station sends one a minute. Each is a transaction, and central has one writer."""
EVENTS = Allowance(25, 100)
"""A station pauses for 50 ms between two batches."""
OTHERS = Allowance(300, 3000)
"""Many small files at once are an honest morning's work."""
AT_ONCE = 24
"""Of the server's 64 threads. A station has four uploads and a handful of calls under way."""


class TooMuch(Exception):
    """The request was not looked at."""

    def __init__(self, retry_after_s: int, *, is_flood: bool) -> None:
        """`is_flood`: it sends more than an honest station does; else it only has much under way at one moment."""
        super().__init__(retry_after_s)
        self.retry_after_s = retry_after_s
        self.is_flood = is_flood


def allowance_of(call: str) -> Allowance:
    return {"heartbeats": HEARTBEATS, "events": EVENTS}.get(call, OTHERS)


@dataclass
class Bucket:
    """Fills by `per_s`, holds `burst`; every request takes one."""

    level: float
    filled_at: float

    def take(self, allowed: Allowance, now: float) -> float:
        """0: it was taken. Else the seconds until there is one; nothing was taken."""
        level = min(allowed.burst, self.level + max(0.0, now - self.filled_at) * allowed.per_s)
        self.filled_at = now
        if level >= 1:
            self.level = level - 1
            return 0.0
        self.level = level
        return (1 - level) / allowed.per_s


@dataclass
class Pace:
    """Of all stations, in one process. Only stations with a good credential come here, so that it stays small."""

    at_once: int = AT_ONCE
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _buckets: dict[tuple[str, Allowance], Bucket] = field(default_factory=dict)
    _under_way: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def request(self, station: str, call: str, now: float) -> Iterator[None]:
        """Hold a place for one request. `now`: seconds of a clock that nobody sets.

        Raises:
            TooMuch: the station has too many under way, or sent too many.
        """
        with self._lock:
            self._enter(station, allowance_of(call), now)
        try:
            yield
        finally:
            with self._lock:
                self._under_way[station] -= 1

    def _enter(self, station: str, allowed: Allowance, now: float) -> None:
        if self._under_way[station] >= self.at_once:
            raise TooMuch(1, is_flood=False)
        bucket = self._buckets.setdefault((station, allowed), Bucket(allowed.burst, now))
        if wait_s := bucket.take(allowed, now):
            raise TooMuch(math.ceil(wait_s), is_flood=True)
        self._under_way[station] += 1
