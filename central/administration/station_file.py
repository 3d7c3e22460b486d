"""Reads `stations.csv`: the stations of a whole fleet, or every error with its row. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from central.fleet.enrolment import STATION_ID
from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

COLUMNS = Columns(required=("station_id",), optional=("site", "label"))
LONGEST = {"site": 64, "label": 255}


@dataclass(frozen=True)
class Wanted:
    """One station as the file has it. None: the file has no such column, and what is kept stays."""

    station_id: str
    site: str | None = None
    label: str | None = None


def read_stations(content: bytes) -> tuple[list[Wanted], list[RowError]]:
    """All stations of the file, and all that is wrong with it."""
    sheet, errors = read_sheet(content, COLUMNS)
    told = _told(sheet)
    seen: dict[str, int] = {}
    for line in sheet:
        errors += _errors(line, seen)
        seen.setdefault(line.cells["station_id"], line.row)
    if not sheet and not errors:
        errors = [RowError(0, "", "the file has no rows")]
    wanted = [
        Wanted(
            line.cells["station_id"],
            line.cells["site"] if "site" in told else None,
            line.cells["label"] if "label" in told else None,
        )
        for line in sheet
    ]
    return wanted, sorted(errors, key=lambda error: error.row)


def _told(sheet: list[SheetRow]) -> set[str]:
    """Columns with at least one word in them: an empty column takes nothing away."""
    return {name for line in sheet for name in ("site", "label") if line.cells.get(name)}


def _errors(line: SheetRow, seen: dict[str, int]) -> Iterator[RowError]:
    name = line.cells["station_id"]
    if not STATION_ID.fullmatch(name):
        yield RowError(
            line.row, "station_id", f"{name!r} cannot name a station: 1 to 64 letters, digits, '.', '_' or '-'"
        )
    elif name in seen:
        yield RowError(line.row, "station_id", f"{name} stands in row {seen[name]} already")
    for column, longest in LONGEST.items():
        if len(line.cells.get(column, "")) > longest:
            yield RowError(line.row, column, f"is longer than {longest} characters")
