"""Streams rows as CSV or as one JSON array."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
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


def write_rows(columns: Sequence[str], rows: Iterable[Row], form: str, out: TextIO) -> None:
    """Write `rows` under `columns`; `form` is `csv` or `json`."""
    if form == "csv":
        writer = csv.writer(out, lineterminator="\n")
        quoting = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
        writer.writerow(columns)
        for row in rows:
            cells = [cell(value) for value in row]
            # A carriage return ends a row for most readers, and `csv` does not quote it before Python 3.13.
            (quoting if any("\r" in text for text in cells) else writer).writerow(cells)
        return
    out.write("[")
    for index, row in enumerate(rows):
        out.write(",\n" if index else "\n")
        out.write(msgspec.json.encode(dict(zip(columns, map(plain, row), strict=True))).decode())
    out.write("\n]\n")
