"""Time on a line: where an instant lies, and where to put the ticks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
STEPS = (
    *(timedelta(seconds=count) for count in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=count) for count in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=count) for count in (1, 2, 3, 6, 12)),
    *(timedelta(days=count) for count in (1, 2, 7, 14, 28, 91, 364)),
)


@dataclass(frozen=True)
class Tick:
    at: datetime
    text: str
    is_day: bool
    """A new day begins here."""


@dataclass(frozen=True)
class Axis:
    """From `since` at `left` to `until` at `right`, evenly. What lies beyond is drawn at the edge."""

    since: datetime
    until: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        share = (at - self.since) / max(self.until - self.since, timedelta(microseconds=1))
        return round(self.left + min(1.0, max(0.0, share)) * (self.right - self.left), 1)

    def shows(self, at: datetime) -> bool:
        return self.since <= at <= self.until

    def overlaps(self, since: datetime, until: datetime) -> bool:
        return since <= self.until and until >= self.since

    def ticks(self, zone: ZoneInfo, apart: float) -> Iterator[Tick]:
        """Ticks at round local times, at least `apart` units from each other."""
        most = max(1, int((self.right - self.left) / apart))
        wanted = (self.until - self.since) / most
        step = next((one for one in STEPS if one >= wanted), STEPS[-1])
        midnight = self.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        yield from self._by_days(midnight, step) if step >= DAY else self._by_clock(midnight, step, zone)

    def _by_days(self, midnight: datetime, step: timedelta) -> Iterator[Tick]:
        while midnight <= self.until:  # adding to a local instant keeps its time of day, whatever the clocks do
            if midnight >= self.since:
                yield Tick(midnight.astimezone(UTC), f"{midnight:%b} {midnight.day}", is_day=True)
            midnight += step

    def _by_clock(self, midnight: datetime, step: timedelta, zone: ZoneInfo) -> Iterator[Tick]:
        while midnight <= self.until:
            tomorrow = midnight + DAY
            at, end = midnight.astimezone(UTC), tomorrow.astimezone(UTC)
            begins = at
            at += max(0, -((at - self.since) // step)) * step  # the first round time that is drawn
            while at < end and at <= self.until:
                local, first = at.astimezone(zone), at == begins
                shown = f"{local:%H:%M:%S}" if step < timedelta(minutes=1) else f"{local:%H:%M}"
                yield Tick(at, f"{local:%a} {local.day}" if first else shown, is_day=first)
                at += step
            midnight = tomorrow
