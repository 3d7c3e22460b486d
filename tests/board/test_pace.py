"""Percent and minutes: smoothed, and never better than it is."""

from __future__ import annotations

import pytest

from agent.rules.pace import Pace, begun, minutes_words, moved_on, percent_done, rate_now, seconds_left

MB = 1_000_000
SECOND = 1_000_000_000


def after(seconds: int, bytes_per_s: int, left: int = 10_000 * MB) -> Pace:
    pace = begun(left, 0)
    for second in range(1, seconds + 1):
        pace = moved_on(pace, left - second * bytes_per_s, second * SECOND)
    return pace


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "…"),
        (float("inf"), "…"),
        (0, "<1 min"),
        (0.4, "<1 min"),
        (59.9, "<1 min"),
        (60, "1 min"),
        (61, "2 min"),
        (230, "4 min"),
        (59 * 60, "59 min"),
        (59 * 60 + 1, "1 h"),
        (61 * 60, "1 h 10 min"),
        (119 * 60, "2 h"),
        (7.2 * 3600, "7 h 20 min"),
    ],
)
def test_minutes_are_rounded_up_and_are_never_zero(seconds: float | None, words: str) -> None:
    assert minutes_words(seconds) == words


@pytest.mark.parametrize(
    ("left", "total", "percent"),
    [(100, 100, 0), (37, 100, 63), (1, 10**12, 99), (0, 100, 100), (0, 0, None), (5, 0, None), (120, 100, 0)],
)
def test_a_hundred_percent_means_that_nothing_is_left(left: int, total: int, percent: int | None) -> None:
    assert percent_done(left, total) == percent


def test_nothing_is_foretold_before_a_few_seconds_were_watched() -> None:
    for seconds in (0, 1, 2):
        assert seconds_left(after(seconds, 50 * MB)) is None
    assert seconds_left(after(4, 50 * MB)) == pytest.approx((10_000 - 200) / 50, rel=0.01)


def test_the_first_byte_begins_the_watch_not_the_plug() -> None:
    pace = begun(1000 * MB, 0)
    for second in range(1, 6):
        pace = moved_on(pace, 1000 * MB, second * SECOND)
    assert rate_now(pace) is None
    assert rate_now(moved_on(pace, 950 * MB, 6 * SECOND)) is None


def test_one_slow_second_does_not_make_the_minutes_jump() -> None:
    steady = after(60, 50 * MB)
    before = seconds_left(steady)
    slow = moved_on(steady, steady.left, steady.at_ns + SECOND)
    assert before is not None
    assert seconds_left(slow) == pytest.approx(before, rel=0.15)


def test_a_lasting_change_is_followed() -> None:
    pace = after(60, 50 * MB)
    for second in range(61, 101):
        pace = moved_on(pace, pace.left - 10 * MB, second * SECOND)
    assert rate_now(pace) == pytest.approx(10 * MB, rel=0.05)


def test_a_copy_that_stands_still_has_no_minutes_left() -> None:
    pace = after(30, 50 * MB)
    for second in range(31, 60):
        pace = moved_on(pace, pace.left, second * SECOND)
    assert seconds_left(pace) is None


def test_a_file_that_is_added_does_not_make_the_copy_slower() -> None:
    pace = after(30, 50 * MB)
    more = moved_on(pace, pace.left + 3000 * MB, pace.at_ns + SECOND)
    assert rate_now(more) == rate_now(pace)
    assert more.left == pace.left + 3000 * MB


def test_two_looks_at_one_instant_are_one() -> None:
    pace = after(5, 50 * MB)
    assert moved_on(pace, 0, pace.at_ns) == pace
