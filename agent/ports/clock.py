"""Time, as the agent may ask for it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Protocol

from agent.rules.footage import Instant


class Clock(Protocol):
    def now(self) -> Instant:
        """This moment: wall, monotonic, boot, and the last measured offset to central."""

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        """Remember how far this clock is from central's (positive: we are ahead)."""

    def wait(self, seconds: float, until: Callable[[], bool] | None = None, news: Event | None = None) -> None:
        """Let time pass; return early when `until()` becomes true or the station stops.

        Whoever makes `until()` true may say so by setting `news`: then it need not be asked ten times a second. What
        was said before the wait began, `until()` must tell: the wait clears `news` first.
        """
