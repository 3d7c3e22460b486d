"""Shifts in the database, in the words of a roster file, and the history of what was said of them.

Whoever writes a shift also remembers it: `put_shifts` and `remember` belong together, in one transaction. Stations
learn of a change by the newest line of that history.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from central.fleet.auditing import Change, keep_change
from central.roster.csv_file import RosterRow
from central.roster.models import HomeStation, Officer, RosterImport, Shift, ShiftVersion

BATCH = 500
ADDED, CHANGED, CORRECTED = "added", "changed", "corrected"
OWN = ("camera_serial", "starts_at", "ends_at", "supervisor_email", "unit", "status", "end_source")
"""The columns that a shift and its versions share."""


def batches(names: Iterable[str]) -> Iterator[list[str]]:
    """The names, each once, in lists that fit into one question to the database."""
    every = list(dict.fromkeys(names))
    return (every[start : start + BATCH] for start in range(0, len(every), BATCH))


def standing(shift_ids: Iterable[str]) -> dict[str, RosterRow]:
    """These shifts as they stand, by id; unknown ids are left out."""
    found: dict[str, RosterRow] = {}
    for batch in batches(shift_ids):
        stations: dict[str, tuple[str, ...]] = {}
        for shift_id, name in HomeStation.objects.filter(shift_id__in=batch).values_list("shift_id", "station_id"):
            stations[shift_id] = (*stations.get(shift_id, ()), name)
        # Tuples: for a year of shifts, a model instance each would cost four times as much.
        shifts = Shift.objects.filter(pk__in=batch)
        for row in shifts.values_list("shift_id", "officer_id", "officer__name", "officer__email", *OWN):
            shift_id, officer, name, email, *own = row
            found[shift_id] = RosterRow(
                shift_id=shift_id,
                officer_id=officer,
                officer_name=name,
                stations=stations.get(shift_id, ()),
                officer_email=email,
                **dict(zip(OWN, own, strict=True)),
            )
    return found


def newest_word() -> int | None:
    """Names the newest line of the history: while it stays, so does every shift."""
    return ShiftVersion.objects.aggregate(last=Max("pk"))["last"]


def put_officers(rows: Iterable[RosterRow], by: str, at: datetime) -> None:
    """Make the rows' officers known. Of name, address and unit the last that is not empty counts, and takes over what
    a person said of them by hand: that is kept as a change."""
    rows = list(rows)
    officers: dict[str, Officer] = {}
    for batch in batches(row.officer_id for row in rows):
        officers.update(Officer.objects.in_bulk(batch))
    for row in rows:
        officer = officers.setdefault(row.officer_id, Officer(officer_id=row.officer_id))
        _take_over(officer, {"name": row.officer_name, "email": row.officer_email, "unit": row.unit}, by, at)
    Officer.objects.bulk_create(
        officers.values(),
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["officer_id"],
        update_fields=["name", "email", "unit", "by_hand"],
    )


def _take_over(officer: Officer, says: Mapping[str, str], by: str, at: datetime) -> None:
    told = {name: word for name, word in says.items() if word}
    lost = {name: word for name, word in told.items() if name in officer.by_hand and word != getattr(officer, name)}
    if lost:
        before = {f"{name}_before": getattr(officer, name) for name in lost}
        keep_change(Change.OFFICER_CHANGED, officer.pk, by=f"roster, {by}", now=at, **lost, **before)
    officer.by_hand = [name for name in officer.by_hand if name not in told]
    for name, word in told.items():
        setattr(officer, name, word)


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
    for batch in batches(row.shift_id for row in rows):
        HomeStation.objects.filter(shift_id__in=batch).delete()
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


def correct(shift_id: str, by: str, at: datetime, **says: object) -> RosterRow | None:
    """A person's word: change these columns of a shift (another camera, another end …). None: no such shift.

    A roster that says again what it said before does not undo it; one that says something new does.
    """
    with transaction.atomic():
        before = standing([shift_id]).get(shift_id)
        if before is None:
            return None
        row = replace(before, **says)  # type: ignore[arg-type]
        put_officers([replace(row, officer_name="", officer_email="", unit="")], by, at)
        put_shifts([row])
        remember([row], CORRECTED, by, at, None)
        return row


def last_said(rows: Iterable[RosterRow], known: Mapping[str, RosterRow]) -> dict[str, RosterRow]:
    """What files like these said last of the shifts of which a better word stands: a person's correction, or an
    actual end where the file has the scheduled one. Without it the nightly export would undo either."""
    differing = {row.shift_id: row for row in rows if row.shift_id in known and known[row.shift_id] != row}
    said: dict[str, RosterRow] = {}
    for batch in batches(differing):
        standing_rank: dict[str, int] = {}
        lower: dict[str, RosterRow] = {}
        for version in ShiftVersion.objects.filter(shift_id__in=batch).order_by("pk"):
            standing_rank[version.shift_id] = _rank(version.change, version.status)
            if standing_rank[version.shift_id] <= _rank(CHANGED, differing[version.shift_id].status):
                lower[version.shift_id] = _version_row(version)
        said.update(
            (one, row) for one, row in lower.items() if standing_rank[one] > _rank(CHANGED, differing[one].status)
        )
    return said


def _rank(change: str, status: str) -> int:
    """Whose word is better: a schedule's, a measurement's, a person's."""
    return 2 if change == CORRECTED else int(status == "actual")


def _version_row(version: ShiftVersion) -> RosterRow:
    return RosterRow(
        shift_id=version.shift_id,
        officer_id=version.officer_id,
        officer_name="",
        stations=tuple(version.stations),
        officer_email="",
        **{name: getattr(version, name) for name in OWN},
    )


def _own(row: RosterRow) -> dict[str, object]:
    return {name: getattr(row, name) for name in OWN}
