"""Instants as a record tells them: in UTC and in the site's zone, whose clock said so, how uncertain. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from central.instants import rfc3339

STATION, CENTRAL = "station", "central"
OF_THE_FILE = frozenset({"container", "name", "mtime"})
"""Sources of a recording time that the file itself, and so the camera's clock, told."""


@dataclass(frozen=True)
class StationClock:
    """A station's clock against central's, as measured when the dock began. None: it never was."""

    offset: timedelta | None = None
    uncertainty: timedelta | None = None


def both(at: datetime | None, zone: ZoneInfo) -> dict[str, str] | None:
    """The instant in UTC, and as clocks on the wall showed it there."""
    if at is None:
        return None
    try:
        local = at.astimezone(zone).isoformat()
    except OverflowError:  # a station may say the year 1 or 9999
        local = at.astimezone(UTC).isoformat()
    return {"utc": rfc3339(at), "site": local}


def told(what: str, at: datetime | None, source: str, clock: StationClock, zone: ZoneInfo) -> dict[str, Any]:
    """One row of the record's instants. The instant is as its source told it, never corrected."""
    return {"what": what, "at": both(at, zone), "source": source or None, **_certainty(at, source, clock)}


def _certainty(at: datetime | None, source: str, clock: StationClock) -> dict[str, Any]:
    if at is None:
        return {"clock": None, "ahead_of_central_s": None, "uncertainty_s": None}
    if source == CENTRAL:
        return {"clock": "central's", "ahead_of_central_s": 0.0, "uncertainty_s": 0.0}
    if source in OF_THE_FILE:
        return {"clock": "the camera's", "ahead_of_central_s": None, "uncertainty_s": None}
    return {
        "clock": "the station's",
        "ahead_of_central_s": _seconds(clock.offset),
        "uncertainty_s": _seconds(clock.uncertainty),
    }


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else round(span.total_seconds(), 3)
