"""Reads `links.csv`: citations, arrests and reports, each of an asset, or of an officer at an instant."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from central.instants import parse_instant
from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

KINDS = ("citation", "arrest", "report")
COLUMNS = Columns(required=("kind", "reference"), optional=("asset_id", "officer_id", "at"))
LONGEST = 64


@dataclass(frozen=True)
class LinkRow:
    """One row that makes sense by itself."""

    row: int
    kind: str
    reference: str
    asset_id: UUID | None
    officer_id: str
    at: datetime | None


def read_links(content: bytes, zone: ZoneInfo) -> tuple[list[LinkRow], list[RowError]]:
    """All rows of the file, and all that is wrong with it. Local times are those of `zone`."""
    sheet, errors = read_sheet(content, COLUMNS)
    found: list[LinkRow] = []
    for line in sheet:
        wrong = list(_wrong_with(line, zone))
        errors += wrong
        if not wrong:
            cells = line.cells
            asset, at = cells["asset_id"], cells["at"]
            found.append(
                LinkRow(
                    line.row,
                    cells["kind"].lower(),
                    cells["reference"],
                    UUID(asset) if asset else None,
                    "" if asset else cells["officer_id"],
                    parse_instant(at, zone) if at and not asset else None,
                )
            )
    return found, sorted(errors, key=lambda error: error.row)


def _wrong_with(line: SheetRow, zone: ZoneInfo) -> Iterator[RowError]:
    cells = line.cells
    if cells["kind"].lower() not in KINDS:
        yield RowError(line.row, "kind", f"{cells['kind']!r} is none of {', '.join(KINDS)}")
    if not 0 < len(cells["reference"]) <= LONGEST:
        yield RowError(line.row, "reference", f"must have 1 to {LONGEST} characters")
    if cells["asset_id"]:
        if not _is_uuid(cells["asset_id"]):
            yield RowError(line.row, "asset_id", f"{cells['asset_id']!r} is no asset's id")
    elif not cells["officer_id"] or not cells["at"]:
        yield RowError(line.row, "asset_id", "is empty: then officer_id and at must both be there")
    else:
        try:
            parse_instant(cells["at"], zone)
        except ValueError as error:
            yield RowError(line.row, "at", str(error))


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
