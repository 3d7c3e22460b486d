"""Reads a roster file whole: shifts, or every error with its row and column. No database in here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.instants import parse_instant
from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

COLUMNS = Columns(
    required=(
        *("shift_id", "officer_id", "officer_name", "camera_serial", "starts_at", "ends_at"),
        *("supervisor_email", "station_id"),
    ),
    optional=("unit", "officer_email", "status", "end_source"),
)
STATUSES = ("scheduled", "actual", "cancelled")
LONGEST_SHIFT = timedelta(hours=48)
"""A longer one is a typing error in a date, and would hide a camera that is late."""
LONGEST = {"shift_id": 128, "officer_id": 64, "camera_serial": 255, "end_source": 64}
"""Characters; everything else may have 255."""
MAIL = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")


@dataclass(frozen=True)
class RosterRow:
    shift_id: str
    officer_id: str
    officer_name: str
    camera_serial: str
    starts_at: datetime
    ends_at: datetime
    supervisor_email: str
    stations: tuple[str, ...]
    unit: str
    officer_email: str
    status: str
    end_source: str
    row: int = field(default=0, compare=False)
    """Its line in the file; 0 for a shift that was read from the database."""


def read_roster(content: bytes, zone: ZoneInfo) -> tuple[list[RosterRow], list[RowError]]:
    """All shifts of the file, and all that is wrong with it. `zone` is meant where an instant has no offset."""
    sheet, errors = read_sheet(content, COLUMNS)
    rows: list[RosterRow] = []
    first_seen: dict[str, int] = {}
    for line in sheet:
        wrong = list(_cell_errors(line, zone))
        shift_id = line.cells["shift_id"]
        if shift_id in first_seen:
            wrong.append(RowError(line.row, "shift_id", f"{shift_id!r} stands in row {first_seen[shift_id]} already"))
        first_seen.setdefault(shift_id, line.row)
        errors += wrong
        if not wrong:
            rows.append(_row(line, zone))
    return rows, sorted(errors, key=lambda error: error.row)


def folded(address: str) -> str:
    """One spelling of a mailbox: a domain has no case. What stands before the @ stays as people write it."""
    local, at, domain = address.strip().rpartition("@")
    return local + at + domain.lower()


def _cell_errors(line: SheetRow, zone: ZoneInfo) -> Iterator[RowError]:
    cells, row = line.cells, line.row
    for name, text in cells.items():
        if len(text) > LONGEST.get(name, 255):
            yield RowError(row, name, f"has {len(text)} characters; {LONGEST.get(name, 255)} are allowed")
    for name in ("shift_id", "officer_id", "camera_serial", "station_id"):
        if not cells[name].strip("; "):
            yield RowError(row, name, "must not be empty")
    if {".", ".."} & set(cells["shift_id"].split("/")):
        yield RowError(row, "shift_id", f"{cells['shift_id']!r} has a part that is . or .., which no link can hold")
    for name in ("supervisor_email", "officer_email"):
        if cells[name] and not MAIL.fullmatch(cells[name]):
            yield RowError(row, name, f"{cells[name]!r} is no mail address")
    if cells["status"] not in ("", *STATUSES):
        yield RowError(row, "status", f"{cells['status']!r} must be one of " + ", ".join(STATUSES))
    yield from _instant_errors(cells, row, zone)


def _instant_errors(cells: dict[str, str], row: int, zone: ZoneInfo) -> Iterator[RowError]:
    instants = {}
    for name in ("starts_at", "ends_at"):
        try:
            instants[name] = parse_instant(cells[name], zone)
        except (ValueError, OverflowError) as error:
            yield RowError(row, name, f"{cells[name]!r} {error}")
    if len(instants) == 2:
        length = instants["ends_at"] - instants["starts_at"]
        if length <= timedelta(0):
            yield RowError(row, "ends_at", "must be after starts_at; a shift over midnight ends on the next day")
        elif length > LONGEST_SHIFT:
            yield RowError(row, "ends_at", f"the shift would last {length}; more than {LONGEST_SHIFT} is a mistake")


def _row(line: SheetRow, zone: ZoneInfo) -> RosterRow:
    cells = line.cells
    stations = dict.fromkeys(name.strip() for name in cells["station_id"].split(";"))
    return RosterRow(
        shift_id=cells["shift_id"],
        officer_id=cells["officer_id"],
        officer_name=cells["officer_name"],
        camera_serial=cells["camera_serial"],
        starts_at=parse_instant(cells["starts_at"], zone),
        ends_at=parse_instant(cells["ends_at"], zone),
        supervisor_email=folded(cells["supervisor_email"]),
        stations=tuple(name for name in stations if name),
        unit=cells["unit"],
        officer_email=folded(cells["officer_email"]),
        status=cells["status"] or "scheduled",
        end_source=cells["end_source"],
        row=line.row,
    )
