"""A clock whose time moves only when told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from agent.rules.clock_offset import Measured, offset_now
from agent.rules.footage import Instant

START = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


class SimulatedClock:
    """The port `Clock`. `advance` moves it; with `drives_itself` a wait moves it, too.

    Without `drives_itself`, `wait` blocks its thread until another one has advanced the clock far enough.
    """

    def __init__(self, start: datetime = START, *, drives_itself: bool = True) -> None:
        self.drives_itself = drives_itself
        self._changed = threading.Condition(threading.RLock())
        self._wall = start
        self._monotonic_ns = 1_000_000_000
        self._boots = 1
        self._measured: Measured | None = None
        self._due: list[tuple[int, Callable[[], None]]] = []
        self._stopped = False

    def now(self) -> Instant:
        with self._changed:
            measured = self._measured
            return Instant(
                wall=self._wall,
                monotonic_ns=self._monotonic_ns,
                boot_id=f"boot-{self._boots}",
                offset_ms=measured and offset_now(measured, self._wall, self._monotonic_ns),
                uncertainty_ms=measured and measured.uncertainty_ms,
            )

    def measured(self, offset_ms: float, uncertainty_ms: float) -> None:
        with self._changed:
            self._measured = Measured(offset_ms, uncertainty_ms, self._wall, self._monotonic_ns)

    def wait(
        self,
        seconds: float,
        until: Callable[[], bool] | None = None,
        news: threading.Event | None = None,  # noqa: ARG002 - `until` tells the same
    ) -> None:
        with self._changed:
            end = self._monotonic_ns + round(seconds * 1e9)
            step = max(round(seconds * 1e6), 100_000_000) if until else end  # how often the question is asked
            while self._monotonic_ns < end and not self._stopped and not (until and until()):
                if self.drives_itself:
                    self._move_to(min([end, self._monotonic_ns + step, *(at for at, _ in self._due)]))
                else:
                    self._changed.wait(0.01)  # `until` is a question that nobody announces

    def advance(self, seconds: float) -> None:
        """Let time pass. What was planned for it happens at its instant, in order."""
        with self._changed:
            end = self._monotonic_ns + round(seconds * 1e9)
            while (first := min((at for at, _ in self._due), default=end)) < end:
                self._move_to(first)
            self._move_to(end)

    def plan(self, seconds: float, action: Callable[[], None]) -> None:
        """Let `action` happen when that much time has passed."""
        with self._changed:
            self._due.append((self._monotonic_ns + round(seconds * 1e9), action))

    def forget_measured(self) -> None:
        """Another process asks for the time now: it has not yet heard of central's."""
        with self._changed:
            self._measured = None

    def set_wall(self, wall: datetime) -> None:
        """The wall clock is set; monotonic time does not notice."""
        with self._changed:
            self._wall = wall

    def reboot(self) -> None:
        """Monotonic time starts again under another boot id; what was measured is forgotten."""
        with self._changed:
            self._boots += 1
            self._monotonic_ns = 1_000_000_000
            self._measured = None
            self._due.clear()
            self._stopped = False

    def stop(self) -> None:
        """Every wait returns at once from now on: the station stops."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _move_to(self, monotonic_ns: int) -> None:
        self._wall += timedelta(microseconds=(monotonic_ns - self._monotonic_ns) // 1000)
        self._monotonic_ns = monotonic_ns
        while due := [entry for entry in self._due if entry[0] <= monotonic_ns]:
            entry = min(due, key=lambda planned: planned[0])
            self._due.remove(entry)
            entry[1]()
        self._changed.notify_all()
