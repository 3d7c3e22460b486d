"""When a mail leaves: after a delay, or at the unit's times of day, also in the nights when clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.notices.facts import Manner
from central.notices.leaving import escalation_leaves, news_leaves, next_time, reminder_leaves

CHICAGO = ZoneInfo("America/Chicago")
HOUR = timedelta(hours=1)
SHIFTS = Manner(times=(time(6, 30), time(14, 30), time(22, 30)), zone=CHICAGO)
AT_SIX = Manner(times=(time(6),), zone=CHICAGO)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHICAGO, fold=fold).astimezone(UTC)


def test_without_times_news_leave_after_the_delay_and_reminders_after_their_span() -> None:
    manner, at = Manner(delay=timedelta(seconds=2), reminders=timedelta(seconds=9)), local("2026-11-20T06:00")
    assert news_leaves(manner, at) == at + timedelta(seconds=2)
    assert reminder_leaves(manner, at) == at + timedelta(seconds=9)
    assert escalation_leaves(manner, at) == at


@pytest.mark.parametrize(
    ("since", "leaves"),
    [
        ("2026-11-20T06:29", "2026-11-20T06:30"),
        ("2026-11-20T06:30", "2026-11-20T06:30"),
        ("2026-11-20T06:31", "2026-11-20T14:30"),
        ("2026-11-20T22:31", "2026-11-21T06:30"),
        ("2026-12-31T23:00", "2027-01-01T06:30"),
    ],
)
def test_with_times_news_leave_at_the_next_one(since: str, leaves: str) -> None:
    assert news_leaves(SHIFTS, local(since)) == local(leaves)


@pytest.mark.parametrize("day", ["2026-03-07", "2026-10-31", "2026-11-20"], ids=["spring", "autumn", "usual"])
def test_a_daily_digest_is_followed_by_the_next_days_also_when_the_clocks_change(day: str) -> None:
    told = local(f"{day}T06:00") + timedelta(seconds=40)
    following = (datetime.fromisoformat(day) + timedelta(days=1)).date().isoformat()
    assert reminder_leaves(AT_SIX, told) == local(f"{following}T06:00")


def test_a_time_that_a_night_skips_is_an_hour_later_and_one_that_it_has_twice_comes_once() -> None:
    assert next_time([time(2, 30)], CHICAGO, local("2026-03-08T01:00")) == local("2026-03-08T03:30")
    first = next_time([time(1, 30)], CHICAGO, local("2026-11-01T00:00"))
    assert first == local("2026-11-01T01:30")
    assert next_time([time(1, 30)], CHICAGO, first + timedelta(seconds=1)) == local("2026-11-02T01:30")


@given(
    st.integers(0, 4 * 365 * 86400).map(
        lambda seconds: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    ),
    st.lists(st.times().map(lambda one: one.replace(microsecond=0)), min_size=1, max_size=4),
    st.sampled_from(["America/Chicago", "Europe/Berlin", "Australia/Lord_Howe", "UTC", "Pacific/Apia"]),
)
def test_the_next_time_is_never_past_and_never_more_than_a_day_and_an_hour_away(
    at: datetime, times: list[time], zone: str
) -> None:
    found = next_time(times, ZoneInfo(zone), at)
    assert timedelta(0) <= found - at <= 25 * HOUR
