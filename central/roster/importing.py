"""Bringing shifts into the database: all of a file or nothing, each change remembered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from zoneinfo import ZoneInfo

from django.db import transaction

from central.fleet.models import Station
from central.roster.csv_file import RosterRow, read_roster
from central.roster.models import HomeStation, Officer, RosterImport, Shift, ShiftVersion
from central.roster.plan import WITHDRAWN, Limits, Plan, doubts, overlaps, plan_import
from central.roster.sheet import RowError

BATCH = 500
Window = tuple[datetime, datetime]
"""From, to: shifts that end within, the second instant excluded."""
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
    """What became of a file. Exactly one of: errors (nothing happened), waiting (a person must confirm), applied."""

    errors: tuple[RowError, ...] = ()
    doubts: tuple[str, ...] = ()
    plan: Plan = field(default_factory=Plan)
    warnings: tuple[str, ...] = ()
    number: int | None = None
    """Of the RosterImport; None in a dry run, and where nothing changed."""


def bring_in(
    content: bytes,
    bringing: Bringing,
    zone: ZoneInfo,
    limits: Limits,
    count_late: CountLate,
    *,
    dry_run: bool = False,
    confirmed: bool = False,
) -> Outcome:
    """Import one file whole, or say all that is wrong, or let it wait for a person. Idempotent."""
    rows, errors = read_roster(content, zone)
    errors += _outside(rows, bringing.window)
    if errors:
        return Outcome(errors=tuple(errors))
    with transaction.atomic():
        plan = _plan(rows, bringing.window)
        warnings = tuple(_warnings(rows, plan))
        reasons = () if confirmed else doubts(plan, count_late(plan.rows), limits)
        outcome = Outcome(doubts=reasons, plan=plan, warnings=warnings)
        if dry_run:
            return outcome
        if reasons:
            return replace(outcome, number=_wait(content, bringing, plan, reasons).pk)
        kept = _record(content, bringing, plan)
        _apply(rows, plan, bringing, kept)
        return replace(outcome, number=kept.pk)


def confirm(number: int, by: str, at: datetime, zone: ZoneInfo, limits: Limits) -> Outcome | None:
    """Apply an import that waits, as the roster stands now. None: no such import waits."""
    with transaction.atomic():
        waiting = RosterImport.objects.filter(pk=number, state=RosterImport.WAITING).first()
        if waiting is None:
            return None
        window = None if waiting.window_from is None else (waiting.window_from, waiting.window_to)
        bringing = Bringing(waiting.brought_by, at, waiting.file_name, window)
        outcome = bring_in(bytes(waiting.content), bringing, zone, limits, lambda _rows: 0, confirmed=True)
        if not outcome.errors:
            _decide(waiting, RosterImport.APPLIED, by, at)
        return outcome


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


def _outside(rows: Iterable[RosterRow], window: Window | None) -> list[RowError]:
    """A shift outside the window that its file means to replace is a mistake of one of the two."""
    if window is None:
        return []
    begins, ends = window
    return [
        RowError(0, row.shift_id, f"ends at {row.ends_at.isoformat()}, outside the window that is replaced")
        for row in rows
        if not begins <= row.ends_at < ends
    ]


def _plan(rows: Sequence[RosterRow], window: Window | None) -> Plan:
    within: list[str] | None = None
    if window is not None:
        shifts = Shift.objects.filter(ends_at__gte=window[0], ends_at__lt=window[1]).order_by("pk")
        within = list(shifts.values_list("pk", flat=True))
    return plan_import(rows, standing([*(row.shift_id for row in rows), *(within or [])]), within)


def standing(shift_ids: Iterable[str]) -> dict[str, RosterRow]:
    """These shifts as they stand, by id; unknown ids are left out."""
    rest = iter(dict.fromkeys(shift_ids))
    found: dict[str, RosterRow] = {}
    while batch := list(islice(rest, BATCH)):
        shifts = Shift.objects.filter(pk__in=batch).select_related("officer").prefetch_related("home_stations")
        found.update((shift.pk, as_row(shift)) for shift in shifts)
    return found


def as_row(shift: Shift) -> RosterRow:
    """The shift in the words of a roster file."""
    return RosterRow(
        shift_id=shift.shift_id,
        officer_id=shift.officer_id,
        officer_name=shift.officer.name,
        camera_serial=shift.camera_serial,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        supervisor_email=shift.supervisor_email,
        stations=tuple(home.station_id for home in shift.home_stations.all()),
        unit=shift.unit,
        officer_email=shift.officer.email,
        status=shift.status,
        end_source=shift.end_source,
    )


def _record(content: bytes, bringing: Bringing, plan: Plan) -> RosterImport:
    begins, ends = bringing.window or (None, None)
    return RosterImport.objects.create(
        brought_at=bringing.at,
        brought_by=bringing.by,
        file_name=bringing.file_name[:255],
        sha256=hashlib.sha256(content).hexdigest(),
        window_from=begins,
        window_to=ends,
        state=RosterImport.APPLIED,
        added=len(plan.added),
        changed=len(plan.changed),
        withdrawn=len(plan.withdrawn),
        unchanged=plan.unchanged,
    )


def _wait(content: bytes, bringing: Bringing, plan: Plan, reasons: Sequence[str]) -> RosterImport:
    """The same file brought twice waits once."""
    kept = _record(content, bringing, plan)
    again = RosterImport.objects.filter(sha256=kept.sha256, window_from=kept.window_from, state=RosterImport.WAITING)
    again.update(state=RosterImport.DISCARDED, content=None, decided_at=bringing.at, decided_by="brought again")
    kept.state, kept.doubts, kept.content = RosterImport.WAITING, list(reasons), content
    kept.save()
    return kept


def _apply(rows: Sequence[RosterRow], plan: Plan, bringing: Bringing, kept: RosterImport) -> None:
    _put_officers(rows)
    for said, changed in (("added", plan.added), ("changed", tuple(new for _, new in plan.changed))):
        put_shifts(changed)
        remember(changed, said, bringing.by, bringing.at, kept)
    gone = [replace(row, status=WITHDRAWN) for row in plan.withdrawn]
    put_shifts(gone)
    remember(gone, "withdrawn", bringing.by, bringing.at, kept)


def _put_officers(rows: Iterable[RosterRow]) -> None:
    """An officer's name and address are the last row's that has them."""
    officers: dict[str, Officer] = {}
    for row in rows:
        officers[row.officer_id] = Officer(
            officer_id=row.officer_id, name=row.officer_name, email=row.officer_email, unit=row.unit
        )
    Officer.objects.bulk_create(
        officers.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["officer_id"],
        update_fields=["name", "email", "unit"],
    )


def put_shifts(rows: Sequence[RosterRow]) -> None:
    """Write these shifts and their home stations; their officers are known."""
    fields = ["officer", "camera_serial", "starts_at", "ends_at", "supervisor_email", "unit", "status", "end_source"]
    Shift.objects.bulk_create(
        (Shift(shift_id=row.shift_id, officer_id=row.officer_id, **_own(row)) for row in rows),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["shift_id"],
        update_fields=fields,
    )
    for start in range(0, len(rows), BATCH):
        HomeStation.objects.filter(shift_id__in=[row.shift_id for row in rows[start : start + BATCH]]).delete()
    HomeStation.objects.bulk_create(
        (HomeStation(shift_id=row.shift_id, station_id=name) for row in rows for name in row.stations),
        batch_size=BATCH,
    )


def remember(rows: Iterable[RosterRow], change: str, by: str, at: datetime, kept: RosterImport | None) -> None:
    """Add what is now said of these shifts to their history."""
    ShiftVersion.objects.bulk_create(
        (
            ShiftVersion(
                shift_id=row.shift_id,
                officer_id=row.officer_id,
                stations=list(row.stations),
                said_at=at,
                said_by=by,
                roster_import=kept,
                change=change,
                **_own(row),
            )
            for row in rows
        ),
        batch_size=BATCH,
    )


def _own(row: RosterRow) -> dict[str, object]:
    """The columns that a shift and its versions share."""
    return {
        "camera_serial": row.camera_serial,
        "starts_at": row.starts_at,
        "ends_at": row.ends_at,
        "supervisor_email": row.supervisor_email,
        "unit": row.unit,
        "status": row.status,
        "end_source": row.end_source,
    }


def _warnings(rows: Sequence[RosterRow], plan: Plan) -> Iterable[str]:
    """What is taken in and may yet be a typing error."""
    yield from _unknown("station", (name for row in rows for name in row.stations), _known_stations)
    if Shift.objects.exists():  # the first roster is all new
        yield from _unknown("camera", (row.camera_serial for row in plan.rows), _known_cameras)
        yield from _unknown("officer", (row.officer_id for row in plan.rows), _known_officers)
    for first, second in overlaps(rows):
        yield (
            f"camera {first.camera_serial} is given to {first.officer_id} ({first.shift_id}) and to "
            f"{second.officer_id} ({second.shift_id}) at the same time: neither can be judged by it"
        )


def _unknown(what: str, named: Iterable[str], known: Callable[[list[str]], set[str]]) -> Iterable[str]:
    names = sorted(set(named))
    for name in sorted(set(names) - known(names)):
        yield f"the roster names {what} {name!r}, which central does not know yet"


def _known_stations(names: list[str]) -> set[str]:
    return set(Station.objects.filter(pk__in=names).values_list("pk", flat=True))


def _known_cameras(names: list[str]) -> set[str]:
    return {one for chunk in _chunks(names) for one in _cameras_among(chunk)}


def _cameras_among(names: list[str]) -> Iterable[str]:
    return Shift.objects.filter(camera_serial__in=names).values_list("camera_serial", flat=True).distinct()


def _known_officers(names: list[str]) -> set[str]:
    found = (Officer.objects.filter(pk__in=chunk).values_list("pk", flat=True) for chunk in _chunks(names))
    return {one for chunk in found for one in chunk}


def _chunks(names: list[str]) -> Iterable[list[str]]:
    return (names[start : start + BATCH] for start in range(0, len(names), BATCH))
