"""Reads what spreadsheets and schedulers export as "CSV": a table of named cells, or every error with its row.

Understood without a word: a byte-order mark, UTF-16 with one, commas, semicolons or tabs, header names with blanks
and capitals, empty rows at the end. Everything else that is strange is an error that names row and column.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs"}
LIMIT = 64 << 20
"""Bytes of a file. A year of 10,000 officers is smaller."""


@dataclass(frozen=True)
class RowError:
    """What is wrong in one cell. `row` counts lines of the file from 1, the header being row 1; 0: no line of it."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        where = [f"row {self.row}"] * bool(self.row) + [self.column] * bool(self.column)
        return ": ".join([*([", ".join(where)] if where else []), self.reason])


@dataclass(frozen=True)
class Columns:
    """The columns a file must and may have."""

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def known(self) -> tuple[str, ...]:
        return self.required + self.optional


@dataclass(frozen=True)
class SheetRow:
    """One row: its line in the file, and each known column's text without surrounding blanks ("" where absent)."""

    row: int
    cells: dict[str, str]


def read_sheet(content: bytes, columns: Columns) -> tuple[list[SheetRow], list[RowError]]:
    """All rows that have as many cells as the header, and all that is wrong with the file's shape."""
    text, unreadable = _decoded(content)
    if unreadable is not None:
        return [], [unreadable]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text, columns), strict=True)
    try:
        header = [_column_name(cell) for cell in next(reader, [])]
        wrong = _header_errors(header, columns)
        if wrong:
            return [], wrong
        rows, errors = _rows(reader, header, columns)
        return rows, errors or ([] if rows else [RowError(1, "", "the file has no rows below this header")])
    except csv.Error as error:
        return [], [RowError(reader.line_num, "", f"is not CSV: {error}")]


def _decoded(content: bytes) -> tuple[str, RowError | None]:
    if len(content) > LIMIT:
        return "", RowError(1, "", f"the file has {len(content)} bytes, more than the {LIMIT} that are read")
    if content.startswith(b"PK\x03\x04"):
        return "", RowError(1, "", 'is a workbook, not CSV; save it as CSV (Excel: "CSV UTF-8")')
    for mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        if content.startswith(mark):
            try:
                return content.decode("utf-16"), None
            except UnicodeDecodeError:
                return "", RowError(1, "", "is damaged UTF-16; save the file as UTF-8")
    if b"\0" in content[:400]:
        return "", RowError(1, "", "is no text, or UTF-16 without its mark; save the file as UTF-8")
    try:
        return content.decode("utf-8-sig"), None
    except UnicodeDecodeError as error:
        row = content[: error.start].count(b"\n") + 1
        return "", RowError(row, "", 'is not UTF-8; save the file as UTF-8 (Excel: "CSV UTF-8")')


def _delimiter(text: str, columns: Columns) -> str:
    """The one that finds most known columns in the first line; stations in one cell are joined by semicolons."""
    first = text.split("\n", 1)[0]

    def found(delimiter: str) -> int:
        return sum(_column_name(cell) in columns.known for cell in first.split(delimiter))

    return max(DELIMITERS, key=found)


def _column_name(cell: str) -> str:
    """`"Shift ID "` and `shift_id` are the same column."""
    return re.sub(r"[\s_-]+", "_", cell.strip().strip('"').strip().lower())


def _header_errors(header: Sequence[str], columns: Columns) -> list[RowError]:
    while header and not header[-1]:
        header = header[:-1]
    missing = [RowError(1, name, "this column is missing") for name in columns.required if name not in header]
    unknown = [
        RowError(1, name or f"column {place}", "unknown column; allowed: " + ", ".join(columns.known))
        for place, name in enumerate(header, 1)
        if name not in columns.known
    ]
    twice = [
        RowError(1, name, "this column stands there twice") for name in columns.known if list(header).count(name) > 1
    ]
    return missing + unknown + twice


def _rows(
    reader: Iterator[list[str]], header: Sequence[str], columns: Columns
) -> tuple[list[SheetRow], list[RowError]]:
    rows: list[SheetRow] = []
    errors: list[RowError] = []
    wanted = len([name for name in header if name])
    for raw in reader:
        number = int(getattr(reader, "line_num", 0))
        cells = [cell.strip() for cell in raw]
        if not any(cells):
            continue
        if any(cells[wanted:]):
            errors.append(
                RowError(number, "", "has more cells than the header; a cell with a delimiter needs quotes")
            )
        elif len(cells) < wanted:
            errors.append(RowError(number, "", f"has {len(cells)} cells where the header has {wanted}"))
        elif unprintable := _unprintable(cells, header):
            errors.append(RowError(number, unprintable, "holds a line break or another control character"))
        else:
            rows.append(SheetRow(number, dict.fromkeys(columns.known, "") | dict(zip(header, cells, strict=False))))
    return rows, errors


def _unprintable(cells: Sequence[str], header: Sequence[str]) -> str:
    """The column of a control character: it would break a mail's header, a log line or a page."""
    return next((name for name, cell in zip(header, cells, strict=False) if re.search(r"[\x00-\x1f\x7f]", cell)), "")
