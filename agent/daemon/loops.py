"""Loops that never die silently: each runs a step again and again and knows how long ago it last succeeded."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import structlog

from agent.errors import DockError, LedgerBroken, RetryLater
from agent.rules.backoff import next_delay
from agent.rules.watchdog import LoopPulse

log = structlog.get_logger(__name__)

Step = Callable[[], float]
"""Does one round; answers how many seconds may pass until the next."""


class Loop:
    """One supervised thread. A failing step is logged and tried again, later each time; it never ends the loop.

    Only LedgerBroken ends the station: without memory nothing may be promised.
    """

    def __init__(
        self,
        name: str,
        step: Step,
        fail: Callable[[DockError], None],
        jitter: Callable[[], float],
        begin_after_s: float = 0.0,
        patience_s: float = 0.0,
    ) -> None:
        """`begin_after_s`: seconds from `start` to the first round. `patience_s`: a failed round waits at least about
        so long, spread evenly over half to one and a half times its value."""
        self.name = name
        self._step = step
        self._fail = fail
        self._jitter = jitter
        self._begin_after_s = begin_after_s
        self.patience_s = patience_s
        self._attempt = 0
        """Failed rounds since the last completed one."""
        self._nudge = threading.Event()
        self._stopping = threading.Event()
        self._completed_at = time.monotonic()
        self._round_began: float | None = None
        """None between rounds."""
        self._was_started = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self.trouble = ""

    @property
    def age_s(self) -> float:
        """Seconds since the last completed round."""
        return time.monotonic() - self._completed_at

    @property
    def pulse(self) -> LoopPulse:
        began = self._round_began
        is_alive = self._thread.is_alive() or not self._was_started
        return LoopPulse(self.name, is_alive, 0.0 if began is None else time.monotonic() - began)

    def start(self) -> None:
        self._thread.start()
        self._was_started = True

    def nudge(self) -> None:
        """Do the next round now."""
        self._nudge.set()

    def stop(self) -> None:
        self._stopping.set()
        self._nudge.set()

    def join(self, seconds: float) -> None:
        if self._thread.is_alive():
            self._thread.join(seconds)

    def round(self) -> float | None:
        """Do one round now; seconds until the next, None when the station ends. Whoever calls it does the waiting."""
        try:
            delay = self._step()
        except LedgerBroken as error:
            self._fail(error)
            return None
        except RetryLater as error:
            return self._troubled(error, error.retry_after_s)
        except DockError as error:
            return self._troubled(error, None)
        except Exception:
            # A bug in one round must not end the loop; it is loud, and the loop's age tells central.
            log.exception("loop_failed", loop=self.name)
            self._attempt += 1
            return self._wait(None)
        self._attempt, self.trouble = 0, ""
        self._completed_at = time.monotonic()
        return delay

    def _run(self) -> None:
        self._stopping.wait(self._begin_after_s)
        while not self._stopping.is_set():
            self._nudge.clear()
            self._round_began = time.monotonic()
            delay = self.round()
            self._round_began = None
            if delay is None:
                return
            if not self._stopping.is_set():
                self._nudge.wait(delay)

    def _troubled(self, error: DockError, retry_after_s: float | None) -> float:
        self._attempt += 1
        attempt = self._attempt
        delay = self._wait(retry_after_s)
        if not self.trouble or attempt % 20 == 0:
            log.warning(error.code, loop=self.name, error=str(error), attempt=attempt, next_in_s=round(delay, 1))
        self.trouble = str(error)
        return delay

    def _wait(self, retry_after_s: float | None) -> float:
        jitter = self._jitter()
        return max(next_delay(self._attempt, jitter, retry_after_s), self.patience_s * (0.5 + jitter))
