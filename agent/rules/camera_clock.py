"""How far a camera's clock is from ours, and what it is to show instead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.rules.erasure import CLOCK_LIMIT_MS
from agent.rules.footage import Instant
from agent.rules.recording_time import zone_named

RESOLUTION_S = 1.0
"""Cameras tell whole seconds: what they show is up to one behind what it is."""


@dataclass(frozen=True, slots=True)
class CameraClock:
    """Camera clock minus station clock, in seconds."""

    offset_s: float
    uncertainty_s: float


def measured(digits: datetime, zone: str, asked: Instant, answered: Instant) -> CameraClock:
    """`digits` are what the camera showed at some instant between these two, in its own zone."""
    wait_s = (answered.monotonic_ns - asked.monotonic_ns) / 1e9
    camera = digits.replace(tzinfo=zone_named(zone)).astimezone(UTC) + timedelta(seconds=RESOLUTION_S / 2)
    offset = camera - (asked.wall + timedelta(seconds=wait_s / 2))
    return CameraClock(offset.total_seconds(), wait_s / 2 + RESOLUTION_S / 2)


def may_set(at: Instant) -> bool:
    """A clock is set only from one that is known to be right: central's and ours agree within the limit that erasing
    asks for, too."""
    return at.offset_ms is not None and abs(at.offset_ms) <= CLOCK_LIMIT_MS


def digits_for(at: Instant, zone: str) -> datetime:
    """What the camera's clock is to show at this instant: central's time in the camera's zone, in whole seconds."""
    true = at.wall - timedelta(milliseconds=at.offset_ms or 0.0)
    return true.astimezone(zone_named(zone)).replace(tzinfo=None, microsecond=0)
