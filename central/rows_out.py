"""Streams rows as CSV or as one JSON array."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, TextIO
from uuid import UUID

import msgspec

from central.instants import rfc3339

Row = Sequence[Any]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def plain(value: Any) -> Any:
    """Instants as RFC 3339 in UTC, identifiers as text, everything else as it is."""
    if isinstance(value, datetime):
        return rfc3339(value)
    return str(value) if isinstance(value, UUID) else value


def cell(value: Any) -> str:
    """One CSV cell. Text that a spreadsheet would run as a formula gets an apostrophe in front."""
    value = plain(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        value = ";".join(str(one) for one in value)
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return str(value)


class _Line:
    """What `csv` writes to: keeps nothing, hands the line back."""

    def write(self, text: str) -> str:
        return text


def write_rows(columns: Sequence[str], rows: Iterable[Row], form: str, out: TextIO) -> None:
    """Write `rows` under `columns`; `form` is `csv` or `json`."""
    for line in lines(columns, rows, form):
        out.write(line)


def lines(columns: Sequence[str], rows: Iterable[Row], form: str) -> Iterator[str]:
    """The same text in pieces, each as soon as its row is there."""
    return _as_csv(columns, rows) if form == "csv" else _as_json(columns, rows)


def _as_csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    writer = csv.writer(_Line(), lineterminator="\n")
    quoting = csv.writer(_Line(), lineterminator="\n", quoting=csv.QUOTE_ALL)
    yield writer.writerow(columns)
    for row in rows:
        cells = [cell(value) for value in row]
        # A carriage return ends a row for most readers, and `csv` does not quote it before Python 3.13.
        yield (quoting if any("\r" in text for text in cells) else writer).writerow(cells)


def _as_json(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield "["
    for index, row in enumerate(rows):
        text = msgspec.json.encode(dict(zip(columns, map(plain, row), strict=True))).decode()
        yield f"{',' if index else ''}\n{text}"
    yield "\n]\n"
