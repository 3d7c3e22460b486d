"""Loops that never die silently: each runs a step again and again and knows how long ago it last succeeded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from agent.errors import DockError, LedgerBroken, RetryLater
from agent.rules.backoff import next_delay

log = structlog.get_logger(__name__)

Step = Callable[[], float]
"""Does one round; answers how many seconds may pass until the next."""


class Loop:
    """One supervised thread. A failing step is logged and tried again, later each time; it never ends the loop.

    Only LedgerBroken ends the station: without memory nothing may be promised.
    """

    def __init__(self, name: str, step: Step, fail: Callable[[DockError], None], jitter: Callable[[], float]) -> None:
        self.name = name
        self._step = step
        self._fail = fail
        self._jitter = jitter
        self._nudge = threading.Event()
        self._stopping = threading.Event()
        self._completed_at = time.monotonic()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.trouble = ""

    @property
    def age_s(self) -> float:
        """Seconds since the last completed round."""
        return time.monotonic() - self._completed_at

    def start(self) -> None:
        self._thread.start()

    def nudge(self) -> None:
        """Do the next round now."""
        self._nudge.set()

    def stop(self) -> None:
        self._stopping.set()
        self._nudge.set()

    def join(self, seconds: float) -> None:
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        attempt = 0
        while not self._stopping.is_set():
            self._nudge.clear()
            try:
                delay = self._step()
                attempt = 0
                self.trouble = ""
                self._completed_at = time.monotonic()
            except LedgerBroken as error:
                self._fail(error)
                return
            except RetryLater as error:
                delay = self._troubled(error, attempt := attempt + 1, error.retry_after_s)
            except DockError as error:
                delay = self._troubled(error, attempt := attempt + 1, None)
            except Exception:
                # A bug in one round must not end the loop; it is loud, and the loop's age tells central.
                log.exception("loop_failed", loop=self.name)
                delay = next_delay(attempt := attempt + 1, self._jitter(), None)
            if not self._stopping.is_set():
                self._nudge.wait(delay)

    def _troubled(self, error: DockError, attempt: int, retry_after_s: float | None) -> float:
        delay = next_delay(attempt, self._jitter(), retry_after_s)
        if not self.trouble or attempt % 20 == 0:
            log.warning(error.code, loop=self.name, error=str(error), attempt=attempt, next_in_s=round(delay, 1))
        self.trouble = str(error)
        return delay
