"""Reads a roster file whole: shifts, or every error with its row and column. No database in here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from central.instants import parse_instant

REQUIRED = (
    *("shift_id", "officer_id", "officer_name", "camera_serial", "starts_at", "ends_at"),
    *("supervisor_email", "station_id"),
)
OPTIONAL = ("unit", "officer_email", "status", "end_source")
STATUSES = ("scheduled", "actual", "cancelled")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class RowError:
    """What is wrong in one cell. `row` counts lines of the file from 1, the header being row 1."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}" if self.column else f"row {self.row}: {self.reason}"


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


def read_roster(content: bytes, zone: ZoneInfo) -> tuple[list[RosterRow], list[RowError]]:
    """All shifts of the file, and all that is wrong with it."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return [], [RowError(content[: error.start].count(b"\n") + 1, "", "is not UTF-8; save the file as UTF-8")]
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", strict=True)
    try:
        header = _check_header(reader.fieldnames)
        if header:
            return [], header
        return _read_rows(reader, zone)
    except csv.Error as error:
        return [], [RowError(reader.line_num, "", f"is not CSV: {error}")]


def _check_header(names: object) -> list[RowError]:
    found = [str(name).strip() for name in names] if isinstance(names, list) else []
    missing = [RowError(1, name, "this column is missing") for name in REQUIRED if name not in found]
    unknown = [
        RowError(1, name, "unknown column; allowed: " + ", ".join(REQUIRED + OPTIONAL))
        for name in found
        if name not in REQUIRED + OPTIONAL
    ]
    return missing + unknown


def _read_rows(reader: csv.DictReader[str], zone: ZoneInfo) -> tuple[list[RosterRow], list[RowError]]:
    rows: list[RosterRow] = []
    errors: list[RowError] = []
    first_seen: dict[str, int] = {}
    for raw in reader:
        number = reader.line_num
        if raw.pop("", None):
            errors.append(RowError(number, "", "has more cells than the header"))
            continue
        cells = {name.strip(): (value or "").strip() for name, value in raw.items()}
        wrong = list(_cell_errors(cells, number, zone))
        if cells["shift_id"] in first_seen:
            reason = f"{cells['shift_id']!r} stands in row {first_seen[cells['shift_id']]} already"
            wrong.append(RowError(number, "shift_id", reason))
        first_seen.setdefault(cells["shift_id"], number)
        errors += wrong
        if not wrong:
            rows.append(_row(cells, zone))
    return rows, errors


def _cell_errors(cells: dict[str, str], row: int, zone: ZoneInfo) -> Iterator[RowError]:
    for name in ("shift_id", "officer_id", "camera_serial", "station_id"):
        if not cells[name]:
            yield RowError(row, name, "must not be empty")
    for name in ("supervisor_email", "officer_email"):
        if cells.get(name) and not _MAIL.fullmatch(cells[name]):
            yield RowError(row, name, f"{cells[name]!r} is no mail address")
    if cells.get("status", "") not in ("", *STATUSES):
        yield RowError(row, "status", f"{cells['status']!r} must be one of " + ", ".join(STATUSES))
    instants = {}
    for name in ("starts_at", "ends_at"):
        try:
            instants[name] = parse_instant(cells[name], zone)
        except (ValueError, OverflowError) as error:
            yield RowError(row, name, f"{cells[name]!r} {error}")
    if len(instants) == 2 and instants["ends_at"] <= instants["starts_at"]:
        yield RowError(row, "ends_at", "must be after starts_at")


def _row(cells: dict[str, str], zone: ZoneInfo) -> RosterRow:
    stations = dict.fromkeys(name.strip() for name in cells["station_id"].split(";"))
    return RosterRow(
        shift_id=cells["shift_id"],
        officer_id=cells["officer_id"],
        officer_name=cells["officer_name"],
        camera_serial=cells["camera_serial"],
        starts_at=parse_instant(cells["starts_at"], zone),
        ends_at=parse_instant(cells["ends_at"], zone),
        supervisor_email=cells["supervisor_email"],
        stations=tuple(name for name in stations if name),
        unit=cells.get("unit", ""),
        officer_email=cells.get("officer_email", ""),
        status=cells.get("status", "") or "scheduled",
        end_source=cells.get("end_source", ""),
    )
