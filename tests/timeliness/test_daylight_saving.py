"""24 hours are 86,400 seconds, whatever the clocks on the wall do in between."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.timeliness.duty import Shift, duties_of
from central.timeliness.facts import DockSession, Facts, Watched
from central.timeliness.judgement import judge
from central.timeliness.verdict import OnTime
from tests.timeliness.story import clock

NIGHTS = [
    ("America/Chicago", date(2026, 3, 7), "+1 07:00"),
    ("America/Chicago", date(2026, 10, 31), "+1 05:00"),
    ("Europe/Berlin", date(2026, 3, 28), "+1 07:00"),
    ("Europe/Berlin", date(2026, 10, 24), "+1 05:00"),
    ("Australia/Lord_Howe", date(2026, 4, 4), "+1 05:30"),
    ("Australia/Lord_Howe", date(2026, 10, 3), "+1 06:30"),
    ("America/Santiago", date(2026, 4, 4), "+1 05:00"),
    ("Asia/Kolkata", date(2026, 3, 28), "+1 06:00"),
]
"""A zone, the eve of a change, and the time on the wall 24 hours after 06:00 of that eve."""


def night(zone: str, eve: date) -> Shift:
    in_zone = ZoneInfo(zone)
    return Shift("s", "A", "0412", clock("00:30", in_zone, eve), clock("06:00", in_zone, eve), frozenset({"east"}))


@pytest.mark.parametrize(("zone", "eve", "wall"), NIGHTS)
def test_a_deadline_is_86_400_seconds_after_the_end(zone: str, eve: date, wall: str) -> None:
    shift = night(zone, eve)
    (duty,) = duties_of([shift])
    assert duty.deadline.timestamp() - shift.ends_at.timestamp() == 86_400
    assert duty.deadline == clock(wall, ZoneInfo(zone), eve).astimezone(UTC)


@pytest.mark.parametrize(("zone", "eve", "wall"), NIGHTS)
def test_a_dock_at_that_second_is_on_time_and_one_second_later_is_not(zone: str, eve: date, wall: str) -> None:
    duties = duties_of([night(zone, eve)])
    last = clock(wall, ZoneInfo(zone), eve)
    for seen_at, in_time in ((last, True), (last.astimezone(UTC) + timedelta(seconds=1), False)):
        facts = Facts(duties, (DockSession("d", "east", "1", seen_at, seen_at),))
        answer = judge(duties[0], facts, last.astimezone(UTC) + timedelta(hours=1))
        assert isinstance(answer.verdict, OnTime) == in_time


def test_the_hour_that_happens_twice_is_told_apart_by_its_offset() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Chicago"))
    second = replace(Watched(first, first.replace(fold=1)))
    assert second.until - second.since == timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "eve", "ends", "starts", "merges"),
    [
        ("America/Chicago", date(2026, 10, 31), "+1 00:30", "+1 02:30", False),
        ("America/Chicago", date(2026, 3, 7), "+1 01:30", "+1 04:30", True),
        ("Europe/Berlin", date(2026, 10, 24), "+1 01:30", "+1 03:30", False),
        ("Europe/Berlin", date(2026, 3, 28), "+1 01:30", "+1 04:30", True),
    ],
)
def test_the_merge_gap_of_two_hours_is_elapsed_time(
    zone: str, eve: date, ends: str, starts: str, merges: bool
) -> None:
    in_zone = ZoneInfo(zone)
    early = Shift("1", "A", "0412", clock("18:00", in_zone, eve), clock(ends, in_zone, eve))
    late = Shift("2", "A", "0412", clock(starts, in_zone, eve), clock("+1 08:00", in_zone, eve))
    assert (len(duties_of([early, late])) == 1) == merges


def test_a_time_without_an_offset_is_refused() -> None:
    with pytest.raises(ValueError, match="no offset from UTC"):
        Shift("s", "A", "0412", datetime(2026, 3, 7, 8), clock("16:00"))  # noqa: DTZ001
    (duty,) = duties_of([night("UTC", date(2026, 3, 7))])
    with pytest.raises(ValueError, match="no offset from UTC"):
        judge(duty, Facts((duty,)), datetime(2026, 3, 8, 8))  # noqa: DTZ001
