"""Bringing a CAD export into the database: all of it or nothing, each change remembered."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from central.config import Dispatches
from central.dispatches.csv_file import DispatchRow, Key, Sheet, read_dispatches
from central.dispatches.eligibility import Eligibility, excluded_by
from central.dispatches.models import Dispatch, DispatchImport, DispatchVersion
from central.dispatches.zone_doubt import Stay, zone_doubt
from central.roster.models import Officer, Shift
from central.roster.sheet import RowError
from central.roster.shifts import batches

BATCH = 500
ADDED, CHANGED, WITHDRAWN = "added", "changed", "withdrawn"
OWN = ("kind", "type", "priority", "dispatched_at", "arrived_at", "cleared_at", "disposition")
"""The columns that a dispatch and its versions share."""


@dataclass(frozen=True)
class Bringing:
    """Who brings a file, when, and how it is meant."""

    by: str
    at: datetime
    file_name: str = ""
    without_refused: bool = False
    """Rows that are refused are left out and kept with their reasons; the others are brought in."""
    withdraw_missing: bool = False
    """An officer that the file's dispatches do not name any more was not sent there."""


@dataclass(frozen=True)
class Plan:
    """What changes. A second import of the same file plans nothing."""

    added: tuple[DispatchRow, ...] = ()
    changed: tuple[DispatchRow, ...] = ()
    withdrawn: tuple[DispatchRow, ...] = ()
    unchanged: int = 0
    left: int = 0
    """Officers that the file's dispatches do not name any more, and that stay."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file. used + excluded + repeated + refused are the `rows` of the file, always."""

    errors: tuple[RowError, ...] = ()
    """Rows that are refused. Unless they were to be left out, nothing happened."""
    is_refused: bool = False
    rows: int = 0
    used: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    repeated: int = 0
    refused: int = 0
    plan: Plan = field(default_factory=Plan)
    warnings: tuple[str, ...] = ()


def bring_dispatches(
    content: bytes, bringing: Bringing, zone: ZoneInfo, policy: Dispatches, *, dry_run: bool = False
) -> Outcome:
    """Import one file whole, or say all that is wrong. Idempotent; what a file says anew corrects."""
    sheet = read_dispatches(content, zone)
    if not sheet.rows or (sheet.errors and not bringing.without_refused):
        return _outcome(sheet, Plan(), bringing, policy, is_refused=True)
    with transaction.atomic():
        known = _known(sheet.rows)
        plan = _plan(sheet.rows, known, withdraw=bringing.withdraw_missing)
        outcome = _outcome(sheet, plan, bringing, policy)
        if not dry_run:
            _apply(plan, known, bringing, _kept(content, bringing, outcome))
        return outcome


@dataclass(frozen=True)
class _Standing:
    number: int
    row: DispatchRow
    withdrawn: bool


def _known(rows: Iterable[DispatchRow]) -> dict[Key, _Standing]:
    """Every officer's row of the dispatches that the file names, as it stands."""
    found: dict[Key, _Standing] = {}
    for batch in batches(row.dispatch_id for row in rows):
        stored = Dispatch.objects.filter(dispatch_id__in=batch)
        for number, withdrawn, dispatch_id, officer, *own in stored.values_list(
            "pk", "withdrawn", "dispatch_id", "officer_id", *OWN
        ):
            row = DispatchRow(dispatch_id, officer, **dict(zip(OWN, own, strict=True)))
            found[row.key] = _Standing(number, row, withdrawn)
    return found


def _plan(rows: Sequence[DispatchRow], known: Mapping[Key, _Standing], *, withdraw: bool) -> Plan:
    added = tuple(row for row in rows if row.key not in known)
    changed = tuple(
        row for row in rows if row.key in known and (known[row.key].row != row or known[row.key].withdrawn)
    )
    named = {row.key for row in rows}
    missing = tuple(one.row for key, one in known.items() if key not in named and not one.withdrawn)
    unchanged = len(rows) - len(added) - len(changed)
    return Plan(added, changed, missing if withdraw else (), unchanged, 0 if withdraw else len(missing))


def _outcome(
    sheet: Sheet, plan: Plan, bringing: Bringing, policy: Dispatches, *, is_refused: bool = False
) -> Outcome:
    eligibility = Eligibility.of(policy.exclude_types, policy.exclude_dispositions)
    officers = known_officers(row.officer_id for row in sheet.rows)
    rules = [
        excluded_by(row, eligibility, bringing.at, officer_known=row.officer_id in officers) for row in sheet.rows
    ]
    excluded = Counter(str(rule) for rule in rules if rule is not None)
    return Outcome(
        errors=sheet.errors,
        is_refused=is_refused,
        rows=len(sheet.rows) + sheet.repeated + sheet.refused,
        used=len(sheet.rows) - excluded.total(),
        excluded=dict(sorted(excluded.items())),
        repeated=sheet.repeated,
        refused=sheet.refused,
        plan=plan,
        warnings=() if is_refused else tuple(_warnings(sheet.rows, officers, plan)),
    )


def known_officers(names: Iterable[str]) -> set[str]:
    """Those that a roster, or a person, ever named."""
    found: set[str] = set()
    for batch in batches(names):
        found.update(Officer.objects.filter(pk__in=batch).values_list("pk", flat=True))
    return found


def _warnings(rows: Sequence[DispatchRow], officers: set[str], plan: Plan) -> Iterator[str]:
    unknown = sorted({row.officer_id for row in rows if row.officer_id} - officers)
    if unknown:
        some = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        yield f"{len(unknown)} officers are on no roster; their rows count once one names them: {some}"
    if plan.left:
        told = f"{plan.left} rows stand of officers that the file's dispatches do not name"
        yield f"{told}; with --withdraw-missing they are withdrawn"
    doubt = zone_doubt(rows, _stays(rows))
    if doubt:
        yield doubt


def _stays(rows: Sequence[DispatchRow]) -> Iterator[Stay]:
    begun = [row.begins_at for row in rows if row.begins_at is not None]
    if not begun:
        return
    shifts = Shift.objects.exclude(status__in=Shift.NOBODYS).filter(
        ends_at__gte=min(begun), starts_at__lte=max(begun)
    )
    for officer, starts, ends in shifts.values_list("officer_id", "starts_at", "ends_at").iterator():
        yield Stay(officer, starts, ends)


def _kept(content: bytes, bringing: Bringing, outcome: Outcome) -> DispatchImport:
    return DispatchImport.objects.create(
        brought_at=bringing.at,
        brought_by=bringing.by[:255],
        file_name=bringing.file_name[:255],
        sha256=hashlib.sha256(content).hexdigest(),
        rows=outcome.rows,
        used=outcome.used,
        excluded=dict(outcome.excluded),
        repeated=outcome.repeated,
        refused=[{"row": one.row, "column": one.column, "reason": one.reason} for one in outcome.errors],
        added=len(outcome.plan.added),
        changed=len(outcome.plan.changed),
        withdrawn=len(outcome.plan.withdrawn),
        unchanged=outcome.plan.unchanged,
    )


def _apply(plan: Plan, known: Mapping[Key, _Standing], bringing: Bringing, kept: DispatchImport) -> None:
    Dispatch.objects.bulk_create(
        (
            Dispatch(dispatch_id=row.dispatch_id, officer_id=row.officer_id, begins_at=row.begins_at, **_own(row))
            for row in (*plan.added, *plan.changed)
        ),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["dispatch_id", "officer_id"],
        update_fields=[*OWN, "begins_at", "withdrawn"],
    )
    for batch in batches(str(known[row.key].number) for row in plan.withdrawn):
        Dispatch.objects.filter(pk__in=batch).update(withdrawn=True)
    numbers = {key: one.number for key, one in known.items()} | _numbers(plan.added)
    for change, rows in ((ADDED, plan.added), (CHANGED, plan.changed), (WITHDRAWN, plan.withdrawn)):
        DispatchVersion.objects.bulk_create(
            (
                DispatchVersion(
                    dispatch_id=numbers[row.key],
                    dispatch_import=kept,
                    said_at=bringing.at,
                    said_by=bringing.by[:255],
                    change=change,
                    **_own(row),
                )
                for row in rows
            ),
            batch_size=BATCH,
        )


def _numbers(rows: Sequence[DispatchRow]) -> dict[Key, int]:
    found: dict[Key, int] = {}
    for batch in batches(row.dispatch_id for row in rows):
        stored = Dispatch.objects.filter(dispatch_id__in=batch)
        for number, dispatch_id, officer in stored.values_list("pk", "dispatch_id", "officer_id"):
            found[dispatch_id, officer] = number
    return found


def _own(row: DispatchRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in OWN}
