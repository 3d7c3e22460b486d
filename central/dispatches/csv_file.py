"""Reads a CAD export whole: dispatches, or every error with its row and column. No database in here.

What cannot be understood is an error. What is understood and cannot be counted is none: `eligibility` names why.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from central.instants import parse_instant
from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

CALL, SELF_INITIATED = KINDS = ("call", "self_initiated")
INSTANTS = ("dispatched_at", "arrived_at", "cleared_at")
COLUMNS = Columns(
    required=("dispatch_id", "officer_id", "kind", "type", "priority", *INSTANTS, "disposition"),
)
LONGEST = {"dispatch_id": 128, "officer_id": 64}
"""Characters; everything else may have 255."""
Key = tuple[str, str]
"""Dispatch and officer: two officers on one dispatch are two rows."""


@dataclass(frozen=True, slots=True)
class DispatchRow:
    dispatch_id: str
    officer_id: str
    """Empty: nobody was assigned."""
    kind: str
    type: str
    priority: str
    dispatched_at: datetime | None
    arrived_at: datetime | None
    cleared_at: datetime | None
    disposition: str
    row: int = field(default=0, compare=False)
    """Its line in the file; 0 for one that was read from the database."""

    @property
    def key(self) -> Key:
        return self.dispatch_id, self.officer_id

    @property
    def begins_at(self) -> datetime | None:
        """When it began to concern its officer. What he begins himself begins with his arrival, if nothing else is
        told."""
        return self.dispatched_at or (self.arrived_at if self.kind == SELF_INITIATED else None)


@dataclass(frozen=True)
class Sheet:
    """What a file says, below its header. Its lines are `rows`, `repeated` and those that `errors` name; none is in
    two of them."""

    rows: tuple[DispatchRow, ...] = ()
    repeated: int = 0
    """Lines that say word for word what a line before them says."""
    errors: tuple[RowError, ...] = ()

    @property
    def refused(self) -> int:
        return len({error.row for error in self.errors if error.row > 1})


def read_dispatches(content: bytes, zone: ZoneInfo) -> Sheet:
    """All dispatches of the file, and all that is wrong with it. `zone` is meant where an instant has no offset."""
    lines, errors = read_sheet(content, COLUMNS)
    rows: dict[Key, DispatchRow] = {}
    repeated = 0
    for line in lines:
        row, wrong = _read(line, zone)
        first = None if row is None else rows.get(row.key)
        if row is None:
            errors += wrong
        elif first is None:
            rows[row.key] = row
        elif first == row:
            repeated += 1
        else:
            told = (
                f"dispatch {row.dispatch_id!r} of this officer stands in row {first.row} already, with other values"
            )
            errors.append(RowError(row.row, "dispatch_id", told))
    return Sheet(tuple(rows.values()), repeated, tuple(sorted(errors, key=lambda error: error.row)))


def _read(line: SheetRow, zone: ZoneInfo) -> tuple[DispatchRow | None, list[RowError]]:
    cells = line.cells
    errors = list(_cell_errors(line))
    instants: dict[str, datetime | None] = {}
    for name in INSTANTS:
        try:
            instants[name] = parse_instant(cells[name], zone) if cells[name] else None
        except (ValueError, OverflowError) as error:
            errors.append(RowError(line.row, name, f"{cells[name]!r} {error}"))
    if errors:
        return None, errors
    words = {name: cells[name] for name in ("dispatch_id", "officer_id", "type", "priority", "disposition")}
    return DispatchRow(kind=_kind(cells["kind"]), row=line.row, **words, **instants), []


def _cell_errors(line: SheetRow) -> Iterator[RowError]:
    cells, row = line.cells, line.row
    for name, text in cells.items():
        if len(text) > LONGEST.get(name, 255):
            yield RowError(row, name, f"has {len(text)} characters; {LONGEST.get(name, 255)} are allowed")
    if not cells["dispatch_id"]:
        yield RowError(row, "dispatch_id", "must not be empty")
    if _kind(cells["kind"]) not in KINDS:
        yield RowError(row, "kind", f"{cells['kind']!r} must be one of " + ", ".join(KINDS))


def _kind(text: str) -> str:
    return text.lower().replace("-", "_").replace(" ", "_")
