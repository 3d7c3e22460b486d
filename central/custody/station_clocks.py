"""What a station's clock was worth: measured offsets, put on the rows that were told before one was known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from central.custody.models import DockSession
from central.custody.watch_models import OnStationClock, StationClock, UnwatchedBay, Watch
from central.fleet.central_clock import LIMIT
from protocol.messages import ClockReading

UNMEASURED = timedelta(days=1)
"""The uncertainty of a clock that was never compared with ours in its whole boot."""
UNSEEN_TRIP = timedelta(seconds=30)
"""The uncertainty when all we have is when a heartbeat arrived: the longest that a request may be on its way."""
LARGEST_MS = 1e12
"""About 30 years: whatever lies beyond is no offset."""
MS = timedelta(milliseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CLOCKED = (DockSession, Watch, UnwatchedBay)


@dataclass(frozen=True)
class Clock:
    """A station's clock at one instant. Without an offset nobody has compared it with ours yet."""

    offset_ms: float | None
    uncertainty_ms: float | None
    boot_id: str
    booted_at_us: int | None


def clock_of(station: str, at: ClockReading) -> Clock:
    """The clock as the reading says; else as another reading of the same boot lets us reckon."""
    booted = _booted_at_us(at)
    measured = _measured(at)
    known = StationClock.objects.filter(station_id=station, boot_id=at.boot_id[:64]).first()
    reckoned = None if known is None or booted is None else (_reckoned(known, booted), known.uncertainty_ms)
    if measured and reckoned and abs(measured[0] - reckoned[0]) > LIMIT / MS:
        measured = None  # it was measured while central's own clock was wrong
    return Clock(*(measured or reckoned or (None, None)), at.boot_id[:64], booted)


def set_begin(row: OnStationClock, clock: Clock) -> None:
    row.offset_ms, row.uncertainty_ms = clock.offset_ms, clock.uncertainty_ms
    row.boot_id, row.booted_at_us = clock.boot_id, clock.booted_at_us


def set_end(row: OnStationClock, clock: Clock) -> None:
    row.end_offset_ms, row.end_uncertainty_ms = clock.offset_ms, clock.uncertainty_ms
    row.end_boot_id, row.end_booted_at_us = clock.boot_id, clock.booted_at_us


def keep_clock(station: str, at: ClockReading, now: datetime) -> bool:
    """Remember a measured offset; whether it is the first of its boot, and rows told before now have theirs."""
    measured, booted, boot_id = _measured(at), _booted_at_us(at), at.boot_id[:64]
    if measured is None or booted is None or abs((at.wall - now) / MS - measured[0]) > LIMIT / MS:
        return False  # not measured; or against another clock of central's than this one
    clock, is_first = StationClock.objects.update_or_create(
        station_id=station,
        boot_id=boot_id,
        defaults={
            "booted_at_us": booted,
            "offset_ms": measured[0],
            "uncertainty_ms": measured[1],
            "measured_at": now,
        },
    )
    return is_first and _fill(clock) > 0


def _fill(clock: StationClock) -> int:
    filled = 0
    for model in CLOCKED:
        rows = model.objects.filter(station_id=clock.station_id)  # type: ignore[attr-defined]
        for prefix in ("", "end_"):
            untold = {f"{prefix}offset_ms": None, f"{prefix}boot_id": clock.boot_id}
            for row in rows.filter(**untold).exclude(**{f"{prefix}booted_at_us": None}):
                setattr(row, f"{prefix}offset_ms", _reckoned(clock, getattr(row, f"{prefix}booted_at_us")))
                setattr(row, f"{prefix}uncertainty_ms", clock.uncertainty_ms)
                row.save(update_fields=[f"{prefix}offset_ms", f"{prefix}uncertainty_ms"])
                filled += 1
    return filled


def _reckoned(clock: StationClock, booted_at_us: int) -> float:
    """The offset when the wall clock showed another instant of boot: it was set in between."""
    return float(clock.offset_ms + (booted_at_us - clock.booted_at_us) / 1000)


def _measured(at: ClockReading) -> tuple[float, float] | None:
    offset, uncertainty = at.offset_ms, at.uncertainty_ms
    if offset is None or not math.isfinite(offset) or abs(offset) > LARGEST_MS:
        return None
    if uncertainty is None or not math.isfinite(uncertainty) or not 0 <= uncertainty <= LARGEST_MS:
        return None
    return offset, uncertainty


def _booted_at_us(at: ClockReading) -> int | None:
    if at.wall.tzinfo is None or not 0 <= at.monotonic_ns < 2**62:
        return None
    return (at.wall - EPOCH) // timedelta(microseconds=1) - at.monotonic_ns // 1000
