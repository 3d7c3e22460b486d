"""Bringing shifts into the database: all of a file or nothing, each change remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from central.instants import rfc3339
from central.roster.csv_file import LONGEST_SHIFT, RosterRow, read_roster
from central.roster.models import RosterImport, Shift, ShiftVersion
from central.roster.plan import WITHDRAWN, Limits, Plan, doubts, plan_import
from central.roster.sheet import RowError
from central.roster.shifts import (
    ADDED,
    CHANGED,
    batches,
    last_said,
    newest_word,
    put_officers,
    put_shifts,
    remember,
    standing,
)
from central.roster.warnings import outside, warnings_of

Window = tuple[datetime, datetime]
"""From, to: shifts that start within, the second instant excluded."""
CountLate = Callable[[Sequence[RosterRow]], int]
"""How many of these shifts' cameras would be overdue now."""


@dataclass(frozen=True)
class Bringing:
    """Who brings a file, when, and what it means to replace."""

    by: str
    at: datetime
    file_name: str = ""
    window: Window | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of a file. Exactly one of: errors (nothing happened), doubts (a person must confirm), applied."""

    errors: tuple[RowError, ...] = ()
    doubts: tuple[str, ...] = ()
    plan: Plan = field(default_factory=Plan)
    warnings: tuple[str, ...] = ()
    number: int | None = None
    """Of the RosterImport; None in a dry run."""


def bring_in(
    content: bytes,
    bringing: Bringing,
    zone: ZoneInfo,
    limits: Limits,
    count_late: CountLate,
    *,
    dry_run: bool = False,
) -> Outcome:
    """Import one file whole, or say all that is wrong, or let it wait for a person. Idempotent."""
    rows, errors = read_roster(content, zone)
    if errors:
        return Outcome(errors=tuple(errors))

    def foreseen() -> Outcome:
        plan = _plan(rows, bringing.window)
        strays = outside(rows, *bringing.window) if bringing.window else ()
        told = (*strays, *warnings_of(rows, plan))
        return Outcome(doubts=doubts(plan, count_late(plan.rows), limits), plan=plan, warnings=told)

    newest, outcome = newest_word(), foreseen()
    if dry_run:
        return outcome
    with transaction.atomic():
        # Thought out before the lock, which stations wait for: a year of shifts takes seconds to compare.
        if newest_word() != newest:
            outcome = foreseen()
        kept = _kept(content, bringing, outcome)
        if not outcome.doubts:
            _apply(rows, outcome.plan, bringing.at, kept)
        return replace(outcome, number=kept.pk)


def confirm(number: int, by: str, at: datetime, zone: ZoneInfo) -> Outcome | None:
    """Apply an import that waits, as the roster stands now. None: no such import waits."""
    with transaction.atomic():
        waiting = RosterImport.objects.filter(pk=number, state=RosterImport.WAITING).first()
        if waiting is None:
            return None
        rows, errors = read_roster(bytes(waiting.content), zone)
        plan = _plan(rows, None if waiting.window_from is None else (waiting.window_from, waiting.window_to))
        errors += _said_anew(plan, waiting.brought_at)
        errors += _overtaken(plan, waiting)
        if errors:
            return Outcome(errors=tuple(errors), number=number)
        told = tuple(warnings_of(rows, plan))
        _apply(rows, plan, at, waiting)
        _count(waiting, plan)
        _decide(waiting, RosterImport.APPLIED, by, at)
        return Outcome(plan=plan, warnings=told, number=number)


def discard(number: int, by: str, at: datetime) -> bool:
    """Drop an import that waits; whether there was one."""
    with transaction.atomic():
        waiting = RosterImport.objects.filter(pk=number, state=RosterImport.WAITING).first()
        if waiting is not None:
            _decide(waiting, RosterImport.DISCARDED, by, at)
        return waiting is not None


def _decide(waiting: RosterImport, state: str, by: str, at: datetime) -> None:
    waiting.state, waiting.decided_by, waiting.decided_at, waiting.content = state, by, at, None
    waiting.save()


def _plan(rows: Sequence[RosterRow], window: Window | None) -> Plan:
    within: list[str] | None = None
    if window is not None:
        # Only the end has an index; a shift cannot be longer than LONGEST_SHIFT.
        near = Shift.objects.filter(ends_at__gt=window[0], ends_at__lte=window[1] + LONGEST_SHIFT)
        shifts = near.filter(starts_at__gte=window[0], starts_at__lt=window[1]).order_by("pk")
        within = list(shifts.values_list("pk", flat=True))
    known = standing([*(row.shift_id for row in rows), *(within or [])])
    return plan_import(rows, known, within, last_said(rows, known))


def _said_anew(plan: Plan, since: datetime) -> Iterator[RowError]:
    """Shifts of which somebody said something after this import was brought: it would undo the newer word."""
    rows = {row.shift_id: row.row for row in (*plan.rows, *plan.withdrawn)}
    for batch in batches(rows):
        for version in ShiftVersion.objects.filter(shift_id__in=batch, said_at__gt=since).order_by("pk"):
            told = (
                f"{version.change} at {rfc3339(version.said_at)} by {version.said_by}, after this import was brought"
            )
            yield RowError(rows[version.shift_id], version.shift_id, f"{told}; bring the newest file instead")


def _overtaken(plan: Plan, waiting: RosterImport) -> Iterator[RowError]:
    """The first shift of which a newer file spoke: by leaving it as it stands, or out of its window, it left no line
    in the history, and this import would undo that."""
    changed = [row for pair in plan.changed for row in pair]
    touched = (*plan.added, *changed, *plan.withdrawn)
    newer = RosterImport.objects.filter(state=RosterImport.APPLIED, brought_at__gt=waiting.brought_at)
    for one in newer.defer("content").order_by("-brought_at", "-pk"):
        row = next((row for row in touched if _may_speak_of(one, row)), None)
        if row is not None:
            told = f"import {one.pk} was brought later, at {rfc3339(one.brought_at)}, stands and covers this shift"
            yield RowError(row.row, row.shift_id, f"{told}; bring the newest file instead")
            return


def _may_speak_of(one: RosterImport, row: RosterRow) -> bool:
    """Without a window nobody knows of which shifts a file said what stood already."""
    if one.window_from is None or one.window_to is None:
        return one.unchanged > 0
    return bool(one.window_from <= row.starts_at < one.window_to)


def _kept(content: bytes, bringing: Bringing, outcome: Outcome) -> RosterImport:
    """The record of this import. A file that waits already goes on waiting under its number."""
    begins, ends = bringing.window or (None, None)
    told = {"sha256": hashlib.sha256(content).hexdigest(), "window_from": begins, "window_to": ends}
    kept = RosterImport(**told)
    if outcome.doubts:
        kept = RosterImport.objects.filter(state=RosterImport.WAITING, **told).first() or kept
    kept.brought_at, kept.brought_by, kept.file_name = bringing.at, bringing.by, bringing.file_name[:255]
    kept.state = RosterImport.WAITING if outcome.doubts else RosterImport.APPLIED
    kept.doubts = list(outcome.doubts)
    kept.content = content if outcome.doubts else None
    _count(kept, outcome.plan)
    kept.save()
    return kept


def _count(kept: RosterImport, plan: Plan) -> None:
    kept.added, kept.changed = len(plan.added), len(plan.changed)
    kept.withdrawn, kept.unchanged = len(plan.withdrawn), plan.unchanged


def _apply(rows: Sequence[RosterRow], plan: Plan, at: datetime, kept: RosterImport) -> None:
    put_officers(rows, kept.brought_by, at)
    for said, changed in ((ADDED, plan.added), (CHANGED, tuple(new for _, new in plan.changed))):
        put_shifts(changed)
        remember(changed, said, kept.brought_by, at, kept)
    gone = [replace(row, status=WITHDRAWN) for row in plan.withdrawn]
    put_shifts(gone)
    remember(gone, WITHDRAWN, kept.brought_by, at, kept)
