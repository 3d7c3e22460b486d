"""Puts together what is known around dispatches, for many at once, in a few questions."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from central.custody.clips import recorded_until
from central.custody.models import Asset, DockSession, LedgerWatch
from central.dispatches.csv_file import DispatchRow
from central.dispatches.explaining import Dock, Docks
from central.dispatches.matching import Assignment, Assignments, Footage, Recording
from central.judging.inferred_end import SOURCES
from central.judging.models import Judgement
from central.roster.csv_file import LONGEST_SHIFT
from central.roster.models import Shift
from central.roster.shifts import batches
from central.roster.station_roster import LOOK_BACK
from central.timeliness.verdict import Pending

SLACK = timedelta(days=1)
"""Instants in rows are a camera's or a station's own: so far beyond the span, rows are looked at."""
LONGEST_RECORDING = timedelta(hours=24)
MANY = 300
"""Of more officers than this, everybody's rows are read: it is the same, asked once."""


@dataclass(frozen=True)
class Known:
    """What is known around the dispatches of one span."""

    assignments: Assignments
    footage: Footage
    docks: Docks


def gather(rows: Sequence[DispatchRow]) -> Known:
    """Everything around these dispatches. The caller sees to it that it is of one instant."""
    begun = [row.begins_at for row in rows if row.begins_at is not None]
    cleared = [row.cleared_at for row in rows if row.cleared_at is not None]
    if not begun or not cleared:
        return Known(Assignments(()), Footage((), Assignments(())), Docks(()))
    begins, ends = min(begun), max(cleared)
    shifts = list(_shifts({row.officer_id for row in rows}, begins, ends))
    cameras = {one.camera for one in shifts}
    assignments = Assignments(shifts)
    docks, clocks = _docks(cameras, begins)
    recordings = _recordings(cameras, clocks, begins, ends)
    return Known(assignments, Footage(recordings, assignments), Docks(docks, _untimed(cameras)))


def verdicts_of(shifts: Iterable[Assignment], now: datetime) -> dict[str, str]:
    """The plain verdict that stands, by shift: `pending` before there is one, and empty where there never will be."""
    wanted = {one.shift_id: one for one in shifts}
    found: dict[str, str] = {}
    for batch in batches(wanted):
        said = Judgement.objects.filter(shift__in=batch, superseded_at=None)
        found.update(said.values_list("shift_id", "plain_verdict"))
    for shift_id, one in wanted.items():
        found.setdefault(shift_id, Pending.name if one.ends_at >= now - LOOK_BACK else "")
    return found


def _among(rows: QuerySet[Any], column: str, names: Collection[str]) -> Iterator[QuerySet[Any]]:
    """These rows, asked for in as many questions as the names need."""
    if len(names) > MANY:
        yield rows
        return
    for batch in batches(sorted(names)):
        yield rows.filter(**{f"{column}__in": batch})


def _shifts(officers: Collection[str], begins: datetime, ends: datetime) -> Iterator[Assignment]:
    """Every shift with a camera that one of these officers had: whose a recording is depends on all of them."""
    rows = Shift.objects.exclude(status__in=Shift.NOBODYS)
    rows = rows.filter(ends_at__gte=begins - LONGEST_SHIFT, starts_at__lte=ends + LONGEST_SHIFT).order_by()
    cameras: set[str] = set()
    for some in _among(rows, "officer_id", officers):
        cameras.update(some.values_list("camera_serial", flat=True).distinct())
    for some in _among(rows, "camera_serial", cameras):
        columns = some.values_list("shift_id", "officer_id", "camera_serial", "starts_at", "ends_at", "unit")
        for row in columns.iterator():
            yield Assignment(*row)


Clocks = Mapping[UUID, timedelta]
"""By dock session: how far its camera's clock was ahead of central's."""


def _docks(cameras: Collection[str], since: datetime) -> tuple[list[tuple[str, Dock]], Clocks]:
    """The docks since then, and what the cameras' clocks were worth in each."""
    told = dict(LedgerWatch.objects.values_list("pk", "proven_until"))
    rows = DockSession.objects.exclude(docked_at=None)
    rows = rows.filter(Q(undocked_at=None) | Q(undocked_at__gte=since - SLACK)).order_by()
    columns = (
        *("session", "camera", "ledger", "docked_at", "undocked_at", "drained_at", "files_not_copied"),
        *("offset_ms", "end_offset_ms", "clock_offset_s"),
    )
    docks: list[tuple[str, Dock]] = []
    clocks: dict[UUID, timedelta] = {}
    for some in _among(rows, "camera", cameras):
        for (
            session,
            camera,
            ledger,
            docked,
            undocked,
            drained,
            left,
            offset,
            end_offset,
            camera_s,
        ) in some.values_list(*columns).iterator():
            station = timedelta(milliseconds=offset or 0)
            at_end = timedelta(milliseconds=(offset if end_offset is None else end_offset) or 0)
            seen = docked - station
            until = max(seen, (told.get(ledger) or seen) if undocked is None else undocked - at_end)
            docks.append((camera, Dock(seen, until, undocked is None, drained is not None, bool(left))))
            ahead = station + timedelta(seconds=camera_s or 0)
            if ahead:
                clocks[session] = ahead
    return docks, clocks


def _recordings(cameras: Collection[str], clocks: Clocks, begins: datetime, ends: datetime) -> Iterator[Recording]:
    """Videos of these cameras of which some instant may lie in the span, on central's clock."""
    rows = Asset.objects.filter(kind="video", recorded_at__isnull=False).order_by()
    rows = rows.exclude(verified_at=None, gone_at__isnull=False)
    near = rows.filter(recorded_at__gte=begins - LONGEST_RECORDING - SLACK, recorded_at__lte=ends + SLACK)
    for some in _among(near, "camera", cameras):
        yield from _read(some, clocks, wrong_by_days=False)
    # A camera whose clock was wrong by days recorded them then all the same.
    wrong = [str(session) for session, ahead in clocks.items() if abs(ahead) >= SLACK]
    for batch in batches(wrong):
        yield from _read(rows.filter(session__in=batch), clocks, wrong_by_days=True)


def _read(rows: QuerySet[Asset], clocks: Clocks, *, wrong_by_days: bool) -> Iterator[Recording]:
    columns = ("asset_id", "camera", "session", "recorded_at", "recorded_source", "mtime_ns", "recorded_until")
    receipted = rows.annotate(receipted=Q(verified_at__isnull=False))
    for asset, camera, session, began, source, changed, told, is_receipted in receipted.values_list(
        *columns, "receipted"
    ).iterator():
        ahead = clocks.get(session, timedelta(0))
        if (abs(ahead) >= SLACK) is not wrong_by_days:
            continue
        ended = recorded_until(began, changed, told)
        is_known = source in SOURCES
        yield Recording(
            str(asset),
            camera,
            began - ahead,
            ended - ahead,
            bool(is_receipted),
            is_known,
            ended > began or not is_known,
        )


def _untimed(cameras: Collection[str]) -> Iterator[tuple[str, datetime]]:
    """Files that may be videos, that are not receipted, and of which nobody knows yet when they were recorded."""
    rows = Asset.objects.filter(kind__in=("video", ""), recorded_at=None, verified_at=None, gone_at=None).order_by()
    for some in _among(rows, "camera", cameras):
        yield from some.values_list("camera", "first_heard_at").iterator()
