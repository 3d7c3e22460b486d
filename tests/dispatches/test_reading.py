"""Each row of a CAD export is read, repeated or refused with row, column and reason; none is lost."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from central.dispatches.csv_file import COLUMNS, DispatchRow, Sheet, read_dispatches
from central.dispatches.zone_doubt import Stay, zone_doubt
from tests.dispatches.cad import HOUR, NOON, UTC_ZONE, as_file, call
from tests.scale import amount

CHICAGO = ZoneInfo("America/Chicago")
HEADER = ",".join(COLUMNS.known)


def read(*lines: str, zone: ZoneInfo = UTC_ZONE) -> Sheet:
    return read_dispatches("\n".join([HEADER, *lines]).encode(), zone)


def told(sheet: Sheet) -> list[str]:
    return [str(error) for error in sheet.errors]


def test_a_file_that_was_written_from_rows_is_read_as_these_rows() -> None:
    rows = (call(), call(officer="8"), call("D2", kind="self_initiated", dispatched_at=None, priority=""))
    assert read_dispatches(as_file(rows), UTC_ZONE).rows == rows


def test_two_officers_on_one_dispatch_are_two_rows_and_the_same_line_twice_is_one() -> None:
    line = "D1,7,call,Alarm,2,2026-10-20T12:00Z,,2026-10-20T13:00Z,Report"
    sheet = read(line, line.replace(",7,", ",8,"), line)
    assert (len(sheet.rows), sheet.repeated, sheet.errors) == (2, 1, ())


def test_one_key_with_two_stories_is_refused_and_names_the_row_that_came_first() -> None:
    line = "D1,7,call,Alarm,2,2026-10-20T12:00Z,,2026-10-20T13:00Z,Report"
    sheet = read(line, line.replace("Report", "Arrest"))
    assert told(sheet) == [
        "row 3, dispatch_id: dispatch 'D1' of this officer stands in row 2 already, with other values"
    ]


def test_every_error_of_a_file_is_told_at_once_with_row_and_column() -> None:
    sheet = read(
        ",7,call,Alarm,2,2026-10-20T12:00Z,,,",
        "D2,7,patrol,Alarm,2,yesterday,,45000.5,",
        "D3,7,Self-Initiated,Stop,3,,2026-10-20T12:00Z,2026-10-20T12:30Z,",
    )
    assert told(sheet) == [
        "row 2, dispatch_id: must not be empty",
        "row 3, kind: 'patrol' must be one of call, self_initiated",
        "row 3, dispatched_at: 'yesterday' is no instant; write it like \"2026-11-22T16:00:00-06:00\"",
        "row 3, cleared_at: '45000.5' is a spreadsheet's count of days, without a zone; "
        'write it like "2026-11-22T16:00:00-06:00"',
    ]
    assert [row.kind for row in sheet.rows] == ["self_initiated"]


@pytest.mark.parametrize(
    ("instant", "why"), [("2026-11-01T01:30", "exists twice"), ("2026-03-08T02:30", "not exist")]
)
def test_an_hour_that_the_sites_clock_shows_twice_or_never_is_refused(instant: str, why: str) -> None:
    sheet = read(f"D1,7,call,Alarm,2,{instant},,,", f"D2,7,call,Alarm,2,{instant}-05:00,,,", zone=CHICAGO)
    assert len(sheet.errors) == 1
    assert why in told(sheet)[0]
    assert [row.dispatch_id for row in sheet.rows] == ["D2"]


def test_local_times_are_the_sites() -> None:
    (row,) = read("D1,7,call,Alarm,2,2026-10-20 07:00,,,", zone=CHICAGO).rows
    assert row.dispatched_at == NOON


cells = st.sampled_from(["", "7", "8"])
lines = st.builds(
    lambda *parts: ",".join(parts),
    st.sampled_from(["D1", "D2", ""]),
    cells,
    st.sampled_from(["call", "self_initiated", "patrol"]),
    st.sampled_from(["Alarm", "Phone report"]),
    st.just("2"),
    *[st.sampled_from(["", "2026-10-20T12:00Z", "2026-10-20T13:00Z", "noon"])] * 3,
    st.sampled_from(["", "Report"]),
)


@settings(max_examples=amount(ci=80, soak=5000), deadline=None, derandomize=True)
@given(st.lists(lines, max_size=12))
def test_whatever_a_file_holds_its_rows_are_read_repeated_or_refused_and_nothing_else(some: list[str]) -> None:
    sheet = read(*some)
    assert len(sheet.rows) + sheet.repeated + sheet.refused == len(some)
    assert len({row.key for row in sheet.rows}) == len(sheet.rows)


def stays(*officers: str) -> list[Stay]:
    """Ten hours around noon, a day apart."""
    return [
        Stay(name, NOON + (day * 24 - 5) * HOUR, NOON + (day * 24 + 5) * HOUR)
        for name in officers
        for day in range(20)
    ]


def early_calls(moved: float) -> list[DispatchRow]:
    """One call a day in the first hour of duty, and one in its last but one."""
    hours = [day * 24 + at + moved for day in range(20) for at in (-4.7, 3.8)]
    return [call(f"D{number}", dispatched_at=at, cleared_at=at + 0.1) for number, at in enumerate(hours)]


def test_a_file_that_is_an_hour_off_is_doubted_and_one_that_is_right_is_not() -> None:
    assert zone_doubt(early_calls(0), stays("7")) == ""
    assert "moved by +1 h" in zone_doubt(early_calls(-1), stays("7"))
    assert zone_doubt(early_calls(-1), stays("8")) == ""
