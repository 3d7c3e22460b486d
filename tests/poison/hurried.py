"""A clock that runs many times faster than the world: minutes of backoff pass in a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import Any

from agent.adapters.system_clock import SystemClock
from agent.pipeline.transfer import Transfer
from agent.rules.footage import Instant
from tests.upload.station import STATION, Station

HURRY = 120
"""One real second is two minutes."""


class HurriedClock(SystemClock):
    def now(self) -> Instant:
        real = super().now()
        return replace(real, monotonic_ns=real.monotonic_ns * HURRY)

    def wait(self, seconds: float, until: Callable[[], bool] | None = None, news: Event | None = None) -> None:
        super().wait(seconds / HURRY, until, news)


@contextmanager
def transfer(station: Station, central: Any, **more: Any) -> Iterator[Transfer]:
    """The real workers on this station's ledger and spool."""
    running = Transfer(
        ledger=station.ledger,
        spool=station.spool,
        store=more.pop("store", central),
        central=central,
        keys=more.pop("keys", central),
        clock=station.clock,
        station=STATION,
        **more,
    )
    running.start()
    try:
        yield running
    finally:
        assert running.stop(), "every worker ends in time"


def wait_for(is_so: Callable[[], bool], within_s: float = 60.0) -> float:
    """Seconds until it was so."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < within_s, "it did not happen in time"
        time.sleep(0.01)
    return time.monotonic() - began
