"""A clock that is set is off at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from agent.rules.clock_offset import Measured, offset_now

WALL = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
MEASURED = Measured(offset_ms=-250.0, uncertainty_ms=5.0, wall=WALL, monotonic_ns=1_000)


@pytest.mark.parametrize(
    ("passed_s", "jumped", "offset_ms"),
    [
        (0.0, timedelta(0), -250.0),
        (3600.0, timedelta(0), -250.0),
        (3600.0, timedelta(milliseconds=100), -250.0),
        (3600.0, timedelta(milliseconds=101), -149.0),
        (0.0, timedelta(days=8), 8 * 86_400_000 - 250.0),
        (60.0, timedelta(days=-8), -8 * 86_400_000 - 250.0),
    ],
)
def test_the_offset_follows_a_jump_of_the_wall_clock_and_nothing_else(
    passed_s: float, jumped: timedelta, offset_ms: float
) -> None:
    wall, monotonic_ns = WALL + timedelta(seconds=passed_s) + jumped, 1_000 + int(passed_s * 1e9)
    assert offset_now(MEASURED, wall, monotonic_ns) == pytest.approx(offset_ms)
