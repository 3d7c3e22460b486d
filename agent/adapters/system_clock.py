"""The only caller of now(): wall time, time since boot, the boot's id, and how far we are from central's clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from agent.rules.footage import Instant

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Implements the Clock port. `stop` ends every wait at once."""

    def __init__(self) -> None:
        self._boot_id = _BOOT_ID.read_text().strip()
        self._offset: tuple[float, float] | None = None
        self._stopping = threading.Event()

    def now(self) -> Instant:
        offset = self._offset
        return Instant(
            wall=datetime.now(UTC),
            monotonic_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME),
            boot_id=self._boot_id,
            offset_ms=offset[0] if offset else None,
            uncertainty_ms=offset[1] if offset else None,
        )

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        self._offset = (offset_ms, uncertainty_ms)

    def wait(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        if until is None:
            self._stopping.wait(seconds)
            return
        deadline = time.monotonic() + seconds
        while not until() and (left := deadline - time.monotonic()) > 0:
            if self._stopping.wait(min(left, 0.1)):
                return

    def stop(self) -> None:
        """The station stops: every wait returns."""
        self._stopping.set()

    @property
    def stopping(self) -> bool:
        return self._stopping.is_set()
