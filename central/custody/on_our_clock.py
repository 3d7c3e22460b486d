"""Instants of a station put on central's clock, as far as the measured offset goes."""

from __future__ import annotations

from datetime import datetime, timedelta

from central.custody.station_clocks import UNMEASURED
from central.custody.watch_models import OnStationClock


def begin(row: OnStationClock, instant: datetime) -> tuple[datetime, timedelta]:
    """An instant at the row's beginning, and how uncertain it is."""
    if row.offset_ms is None or row.uncertainty_ms is None:
        return instant, UNMEASURED
    return instant - timedelta(milliseconds=row.offset_ms), timedelta(milliseconds=row.uncertainty_ms)


def end(row: OnStationClock, instant: datetime) -> tuple[datetime, timedelta]:
    """An instant at the row's end. Without an offset of its own the beginning's serves, and tells little."""
    if row.end_offset_ms is None or row.end_uncertainty_ms is None:
        at, uncertainty = begin(row, instant)
        return at, max(uncertainty, UNMEASURED)
    return instant - timedelta(milliseconds=row.end_offset_ms), timedelta(milliseconds=row.end_uncertainty_ms)
