"""Spans of time as people name them, through changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.measures.duties import counted_duties
from central.measures.measuring import Asked, Rows, chosen, measure
from central.measures.window import Window, edge, first_of_month, window_between
from tests.measures.worlds import AT, shift

CHICAGO = ZoneInfo("America/Chicago")


def test_a_month_in_which_clocks_go_back_is_an_hour_longer() -> None:
    window = window_between("2026-11-01", "2026-12-01", CHICAGO)
    assert (window.begins, window.ends) == (
        datetime(2026, 11, 1, 5, tzinfo=UTC),
        datetime(2026, 12, 1, 6, tzinfo=UTC),
    )
    assert window.ends - window.begins == timedelta(days=30, hours=1)


def test_a_day_without_a_midnight_begins_when_its_clocks_begin() -> None:
    assert edge("2026-09-06", ZoneInfo("America/Santiago")) == datetime(2026, 9, 6, 4, tzinfo=UTC)


def test_an_end_is_not_part_of_its_span() -> None:
    window = window_between("2026-10-01", "2026-11-01T00:00:00-05:00", CHICAGO)
    assert window.begins is not None
    assert window.ends is not None
    assert window.holds(window.begins)
    assert not window.holds(window.ends)
    assert Window().holds(window.ends)


@pytest.mark.parametrize("text", ["yesterday", "2026-13-01", "2026-11-01T01:30:00", "2026-10-01T24:30:00", ""])
def test_what_is_no_edge_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no date like 2026-10-01"):
        edge(text, CHICAGO)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z"])
def test_the_ends_of_the_calendar_are_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match="is in no year from 1970 to 9000"):
        edge(text, CHICAGO)


def test_a_span_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        window_between("2026-11-01", "2026-10-01", CHICAGO)


def test_a_shift_over_the_end_of_a_month_is_counted_in_the_month_of_its_end_alone() -> None:
    asked = Asked(AT, zone=CHICAGO)
    over = counted_duties([shift("A", starts=272, ends=282)])  # until 1 November 06:00 UTC, 01:00 in Chicago
    (month,) = measure(Rows(over, []), asked).months
    assert month.name == "2026-11"
    october = Asked(AT, window_between("2026-10-01", "2026-11-01", CHICAGO), zone=CHICAGO)
    november = Asked(AT, window_between("2026-11-01", "2026-12-01", CHICAGO), zone=CHICAGO)
    assert [len(chosen(Rows(over, []), one).duties) for one in (october, november)] == [0, 1]


def test_months_before_are_counted_over_the_turn_of_the_year() -> None:
    at = datetime(2026, 2, 1, 5, 59, tzinfo=UTC)  # still January in Chicago
    assert first_of_month(at, CHICAGO) == datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert first_of_month(at, CHICAGO, months_before=2) == datetime(2025, 11, 1, 5, tzinfo=UTC)
