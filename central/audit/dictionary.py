"""What every column of the package means."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

PAGE = Path(__file__).with_name("dictionary.toml")
COUNTED = "counted"
DICTIONARY_COLUMNS = ("table", "column", "meaning")


@cache
def _entries() -> dict[str, dict[str, str]]:
    return tomllib.loads(PAGE.read_text())


def meaning(table: str, column: str) -> str | None:
    """In one sentence. A counted row has columns of its own, and those of the rows it comes from. None: nobody wrote
    it down, and a test fails."""
    entries = _entries()
    if not table.startswith(COUNTED):
        return entries.get(table, {}).get(column)
    places = (COUNTED, "shifts", "assets", "dispatches")
    return next((entries[place][column] for place in places if column in entries[place]), None)


def dictionary_rows(tables: dict[str, Sequence[str]]) -> Iterator[list[str]]:
    """One row per table and column of these tables, the table itself first."""
    for table, columns in tables.items():
        yield [table, "", _entries().get(COUNTED if table.startswith(COUNTED) else table, {}).get("_about", "")]
        yield from ([table, column, meaning(table, column) or ""] for column in columns)
