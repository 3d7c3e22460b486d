"""Brings in `supervisors.csv`: whom a unit's notices go to, whom they escalate to, and who is on duty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from central.fleet.auditing import Change, keep_change, whoever_runs_this
from central.roster.csv_file import MAIL, folded
from central.roster.models import Shift, Unit
from central.roster.sheet import Columns, RowError, SheetRow, read_sheet

ADDRESSES = ("supervisor_email", "escalate_to_email", "on_duty_email")
COLUMNS = Columns(required=("unit", "supervisor_email"), optional=("escalate_to_email", "on_duty_email"))


@dataclass(frozen=True)
class UnitRow:
    unit: str
    supervisor_email: str
    escalate_to_email: str
    on_duty_email: str
    row: int


@dataclass(frozen=True)
class Outcome:
    """What became of a file: with errors nothing happened."""

    errors: tuple[RowError, ...] = ()
    warnings: tuple[str, ...] = ()
    added: int = 0
    changed: int = 0
    unchanged: int = 0


def read_supervisors(content: bytes) -> tuple[list[UnitRow], list[RowError]]:
    """All units of the file, and all that is wrong with it."""
    sheet, errors = read_sheet(content, COLUMNS)
    first_seen: dict[str, int] = {}
    rows: list[UnitRow] = []
    for line in sheet:
        wrong = [*_cell_errors(line), *_said_twice(line, first_seen)]
        first_seen.setdefault(line.cells["unit"], line.row)
        errors += wrong
        if not wrong:
            rows.append(UnitRow(**line.cells | {name: folded(line.cells[name]) for name in ADDRESSES}, row=line.row))
    return rows, sorted(errors, key=lambda error: error.row)


def bring_supervisors(content: bytes, now: datetime, *, by: str = "", dry_run: bool = False) -> Outcome:
    """Import one file whole, or say all that is wrong. A unit that the file lacks stays as it is. Idempotent."""
    rows, errors = read_supervisors(content)
    if errors:
        return Outcome(errors=tuple(errors))
    with transaction.atomic():
        known = Unit.objects.in_bulk()
        outcome = _outcome(rows, known)
        if not dry_run:
            _keep(rows, known, by or whoever_runs_this(), now)
            Unit.objects.bulk_create(
                (Unit(unit=row.unit, **_addresses(row)) for row in rows),
                update_conflicts=True,
                unique_fields=["unit"],
                update_fields=list(ADDRESSES),
            )
        return outcome


def _keep(rows: Sequence[UnitRow], known: dict[str, Unit], by: str, now: datetime) -> None:
    for row in rows:
        before = _addresses(known[row.unit]) if row.unit in known else dict.fromkeys(ADDRESSES, "")
        news = {name: word for name, word in _addresses(row).items() if word != before[name]}
        if news:
            what = Change.UNIT_CHANGED if row.unit in known else Change.UNIT_ADDED
            keep_change(what, row.unit, by=by, now=now, **news, **{f"{name}_before": before[name] for name in news})


def _outcome(rows: Sequence[UnitRow], known: dict[str, Unit]) -> Outcome:
    added = sum(row.unit not in known for row in rows)
    same = sum(row.unit in known and _addresses(row) == _addresses(known[row.unit]) for row in rows)
    return Outcome((), tuple(_warnings(rows, set(known))), added, len(rows) - added - same, same)


def _addresses(unit: UnitRow | Unit) -> dict[str, str]:
    return {name: getattr(unit, name) for name in ADDRESSES}


def _cell_errors(line: SheetRow) -> Iterator[RowError]:
    for name, text in line.cells.items():
        if len(text) > 255:
            yield RowError(line.row, name, f"has {len(text)} characters; 255 are allowed")
    if not line.cells["unit"]:
        yield RowError(line.row, "unit", "must not be empty")
    for name in ADDRESSES:
        if line.cells[name] and not MAIL.fullmatch(line.cells[name]):
            yield RowError(line.row, name, f"{line.cells[name]!r} is no mail address")
    if not any(line.cells[name] for name in ("supervisor_email", "on_duty_email")):
        yield RowError(
            line.row, "supervisor_email", "is empty, and so is on_duty_email: nobody would hear of this unit"
        )


def _said_twice(line: SheetRow, first_seen: dict[str, int]) -> Iterator[RowError]:
    unit = line.cells["unit"]
    if unit in first_seen:
        yield RowError(line.row, "unit", f"{unit!r} stands in row {first_seen[unit]} already")


def _warnings(rows: Sequence[UnitRow], known: set[str]) -> Iterator[str]:
    named = {row.unit for row in rows}
    on_roster = set(Shift.objects.exclude(unit="").values_list("unit", flat=True).distinct())
    for unit in sorted(on_roster - named - known):
        yield f"unit {unit!r} of the roster has no line: its notices go to each shift's own supervisor alone"
    if on_roster:
        for unit in sorted(named - on_roster):
            yield f"no shift on the roster is of unit {unit!r}"
    for row in rows:
        told = {row.supervisor_email.lower(), row.on_duty_email.lower()}
        if row.escalate_to_email and row.escalate_to_email.lower() in told:
            yield f"row {row.row}: unit {row.unit!r} escalates to an address that has the notice already"
