"""How far a camera's clock is from ours."""

# ruff: noqa: DTZ001 - a camera's clock shows digits without a zone
from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from agent.rules.camera_clock import digits_for, may_set, measured
from agent.rules.footage import Instant

AT = datetime(2026, 11, 22, 14, 5, 3, tzinfo=UTC)
ASKED = Instant(AT, 1_000_000_000, "boot", 0.0, 5.0)


def later(seconds: float) -> Instant:
    return replace(ASKED, wall=AT + timedelta(seconds=seconds), monotonic_ns=int(1e9 * (1 + seconds)))


@pytest.mark.parametrize(
    ("digits", "zone", "offset_s"),
    [
        (datetime(2026, 11, 22, 14, 5, 3), "UTC", 0.5),
        (datetime(2026, 11, 22, 8, 5, 3), "America/Chicago", 0.5),
        (datetime(2026, 11, 22, 8, 7, 3), "America/Chicago", 120.5),
        (datetime(2026, 11, 22, 15, 5, 3), "UTC", 3600.5),
        (datetime(2000, 1, 1, 0, 0, 0), "UTC", (datetime(2000, 1, 1, tzinfo=UTC) - AT).total_seconds() + 0.5),
    ],
)
def test_the_offset_is_camera_minus_station_in_the_cameras_zone(digits: datetime, zone: str, offset_s: float) -> None:
    found = measured(digits, zone, ASKED, ASKED)
    assert found.offset_s == pytest.approx(offset_s)
    assert found.uncertainty_s == pytest.approx(0.5)


def test_a_slow_answer_is_taken_from_its_middle_and_widens_the_uncertainty() -> None:
    found = measured(datetime(2026, 11, 22, 14, 5, 5), "UTC", ASKED, later(4))
    assert found.offset_s == pytest.approx(0.5)
    assert found.uncertainty_s == pytest.approx(2.5)


@pytest.mark.parametrize(("offset_ms", "may"), [(None, False), (0.0, True), (-299_000.0, True), (301_000.0, False)])
def test_a_clock_is_set_only_from_one_that_agrees_with_centrals(offset_ms: float | None, may: bool) -> None:
    assert may_set(replace(ASKED, offset_ms=offset_ms)) is may


def test_what_is_set_is_centrals_time_in_the_cameras_zone() -> None:
    at = replace(ASKED, offset_ms=60_000.0)  # we are a minute ahead
    assert digits_for(at, "America/Chicago") == datetime(2026, 11, 22, 8, 4, 3)
