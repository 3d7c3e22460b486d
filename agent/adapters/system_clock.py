"""The only caller of now(): wall time, time since boot, the boot's id, and how far we are from central's clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from agent.rules.clock_offset import Measured, offset_now
from agent.rules.footage import Instant

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Implements the Clock port. `stop` ends every wait at once."""

    def __init__(self) -> None:
        self._boot_id = _BOOT_ID.read_text().strip()
        self._measured: Measured | None = None
        self._stopping = threading.Event()
        self._news: set[threading.Event] = set()
        """All that was ever waited for: two for each station."""

    def now(self) -> Instant:
        measured, (wall, monotonic_ns) = self._measured, _read()
        return Instant(
            wall=wall,
            monotonic_ns=monotonic_ns,
            boot_id=self._boot_id,
            offset_ms=offset_now(measured, wall, monotonic_ns) if measured else None,
            uncertainty_ms=measured.uncertainty_ms if measured else None,
        )

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        self._measured = Measured(offset_ms, uncertainty_ms, *_read())

    def wait(
        self, seconds: float, until: Callable[[], bool] | None = None, news: threading.Event | None = None
    ) -> None:
        if until is None:
            self._stopping.wait(seconds)
            return
        if news is not None:
            self._news.add(news)
            news.clear()
            if not until() and not self._stopping.is_set():
                news.wait(seconds)
            return
        deadline = time.monotonic() + seconds
        while not until() and (left := deadline - time.monotonic()) > 0:
            if self._stopping.wait(min(left, 0.1)):
                return

    def stop(self) -> None:
        """The station stops: every wait returns."""
        self._stopping.set()
        for news in tuple(self._news):
            news.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()


def _read() -> tuple[datetime, int]:
    return datetime.now(UTC), time.clock_gettime_ns(time.CLOCK_BOOTTIME)
