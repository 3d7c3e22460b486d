"""Every mistake of a scheduler's export gets one clear line; what can be understood without doubt is understood."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from central.roster.csv_file import COLUMNS, read_roster

CHICAGO = ZoneInfo("America/Chicago")
HEADER = list(COLUMNS.required)
GOOD = ["S1", "1187", "A. Alvarez", "BWC0412", "2026-11-22T06:00", "2026-11-22T16:00", "chen@pd.example", "east-1"]


def sheet(*rows: list[str], delimiter: str = ",", header: list[str] | None = None) -> bytes:
    return "\n".join(delimiter.join(row) for row in [header or HEADER, *rows]).encode()


def with_cell(column: str, text: str) -> list[str]:
    return [text if name == column else cell for name, cell in zip(HEADER, GOOD, strict=True)]


def told(content: bytes) -> list[str]:
    _rows, errors = read_roster(content, CHICAGO)
    return [str(error) for error in errors]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(sheet(GOOD), id="plain"),
        pytest.param(b"\xef\xbb\xbf" + sheet(GOOD), id="byte-order mark"),
        pytest.param(sheet(GOOD).decode().encode("utf-16"), id="UTF-16"),
        pytest.param(sheet(GOOD, delimiter=";"), id="semicolons"),
        pytest.param(sheet(GOOD, delimiter="\t"), id="tabs"),
        pytest.param(sheet(GOOD).replace(b"\n", b"\r\n"), id="Windows line ends"),
        pytest.param(sheet(GOOD, header=[n.replace("_", " ").title() + " " for n in HEADER]), id="header in words"),
        pytest.param(sheet(GOOD, [""] * 8, [], [" "] * 8), id="empty rows at the end"),
        pytest.param(sheet([*GOOD, "", ""], header=[*HEADER, "", ""]), id="empty columns at the end"),
        pytest.param(sheet([f'"{cell}"' for cell in GOOD], header=[f'"{n}"' for n in HEADER]), id="all in quotes"),
    ],
)
def test_what_can_be_understood_without_doubt_is_understood(content: bytes) -> None:
    rows, errors = read_roster(content, CHICAGO)
    assert errors == []
    assert [(row.shift_id, row.ends_at) for row in rows] == [("S1", datetime(2026, 11, 22, 22, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("column", "text", "line"),
    [
        ("starts_at", "45987.25", "row 2, starts_at: '45987.25' is a spreadsheet's count of days, without a zone"),
        ("starts_at", "10/07/2026 6:30", "may be the day before the month or after it"),
        ("ends_at", "2026-11-22 24:00", "has the hour 24; that is 00:00 of the next day"),
        ("ends_at", "", "row 2, ends_at: '' is empty"),
        ("ends_at", "2026-11-22T05:00", "row 2, ends_at: must be after starts_at; a shift over midnight ends on"),
        ("ends_at", "2027-11-22T16:00", "row 2, ends_at: the shift would last 365 days, 10:00:00"),
        ("starts_at", "2026-11-01T01:30", "exists twice in America/Chicago"),
        ("starts_at", "2026-03-08T02:30", "does not exist in America/Chicago"),
        ("shift_id", "..", "row 2, shift_id: '..' has a part that is . or .., which no link can hold"),
        ("shift_id", "2026/../7", "has a part that is . or .., which no link can hold"),
        ("shift_id", "./7", "has a part that is . or .., which no link can hold"),
        ("supervisor_email", "chen@pd.example; lee@pd.example", "is no mail address"),
        ("officer_name", '"A.\nBcc: everybody@example"', "officer_name: holds a line break"),
        ("station_id", ";", "row 2, station_id: must not be empty"),
        ("shift_id", "x" * 129, "row 2, shift_id: has 129 characters; 128 are allowed"),
    ],
)
def test_each_mistake_gets_one_line_that_names_row_column_and_reason(column: str, text: str, line: str) -> None:
    (error,) = [told_ for told_ in told(sheet(with_cell(column, text))) if f", {column}: " in told_]
    assert line in error


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (sheet(GOOD[:-1]), "row 2: has 7 cells where the header has 8"),
        (sheet([*GOOD, "x"]), "row 2: has more cells than the header"),
        (sheet(GOOD, GOOD), "row 3, shift_id: 'S1' stands in row 2 already"),
        (sheet(GOOD, header=[*HEADER[:-1], "shift_id"]), "row 1, shift_id: this column stands there twice"),
        (sheet(GOOD).replace(b"Alvarez", "Álvarez".encode("latin-1")), "row 2: is not UTF-8"),
        (sheet(GOOD) + b'\nS2,"1187', "row 3: is not CSV"),
        (b"", "row 1, shift_id: this column is missing"),
        (b"\xff\xfeS", "is damaged UTF-16"),
    ],
)
def test_a_file_of_the_wrong_shape_says_where(content: bytes, line: str) -> None:
    assert any(error.startswith(line) or line in error for error in told(content))


def test_all_errors_come_at_once_in_the_order_of_the_rows() -> None:
    bad = [with_cell("officer_id", ""), with_cell("starts_at", "soon"), GOOD[:3]]
    assert [error.split(",")[0].split(":")[0] for error in told(sheet(*bad))] == ["row 2", "row 3", "row 3", "row 4"]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"PK\x03\x04" + bytes(40), 'row 1: is a workbook, not CSV; save it as CSV (Excel: "CSV UTF-8")'),
        (sheet(GOOD).decode().encode("utf-16-le"), "row 1: is no text, or UTF-16 without its mark"),
        (sheet(), "row 1: the file has no rows below this header"),
        (sheet([""] * 8), "row 1: the file has no rows below this header"),
    ],
)
def test_a_file_that_is_no_roster_at_all_gets_one_line(content: bytes, line: str) -> None:
    (error,) = told(content)
    assert error.startswith(line)
