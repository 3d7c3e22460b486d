"""Writes the planted department into a new central: roster, verdicts, docks, files; and its CAD export as CSV."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from simulator.history.planting import (
    FIRST,
    UNTIL,
    Bad,
    Call,
    Fate,
    History,
    Shift,
    officer_of,
    station_of,
    verdict_of,
)
from simulator.kansas_city.city import DAY, HOUR, MINUTE, UNITS
from simulator.kansas_city.plan import LENGTH

COLUMNS = (
    *("dispatch_id", "officer_id", "kind", "type", "priority"),
    *("dispatched_at", "arrived_at", "cleared_at", "disposition"),
)
TYPES = ("Disturbance", "Traffic stop", "Welfare check", "Alarm", "Theft", "Assault")
COPIED = 20 * MINUTE
"""From dock to receipt."""
AT_ONCE = 2000


def fill(history: History) -> None:
    """Everything that stations, schedulers and people told, except the dispatches."""
    from django.db import transaction

    with transaction.atomic():
        stations = _fleet(history)
        _roster(history, stations)
        _judgements(history, stations)
        _files(history, stations)
        _exceptions(history)


def _save(rows: Iterator[Any], model: Any) -> None:
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == AT_ONCE:
            model.objects.bulk_create(batch)
            batch.clear()
    model.objects.bulk_create(batch)


def _fleet(history: History) -> int:
    from central.custody.watch_models import LedgerWatch
    from central.fleet.models import Ledger, Station

    count = max(2, history.size.cameras // 20)
    names = [f"station-{number + 1}" for number in range(count)]
    _save((Station(station_id=name, added_at=FIRST - DAY) for name in names), Station)
    ledgers = [
        Ledger(sequence=k + 1, ledger_uuid=UUID(int=k + 1, version=4), station_id=name, opened_at=FIRST - DAY)
        for k, name in enumerate(names)
    ]
    _save(iter(ledgers), Ledger)
    told = UNTIL + 9 * DAY
    watches = (
        LedgerWatch(ledger_id=k + 1, told_until=told, proven_until=told, uncertainty_ms=20) for k in range(count)
    )
    _save(watches, LedgerWatch)
    return count


def _roster(history: History, stations: int) -> None:
    from central.roster.models import HomeStation, Officer, ShiftVersion, Unit
    from central.roster.models import Shift as RosterShift

    people = range(1, history.size.cameras + 41)
    _save(
        (Officer(officer_id=officer_of(n), name=f"Officer {n}", unit=UNITS[n % len(UNITS)]) for n in people), Officer
    )
    _save((Unit(unit=unit, supervisor_email="sgt@kc.example") for unit in UNITS), Unit)
    own = [
        (
            one,
            {
                "starts_at": one.starts_at,
                "ends_at": one.ends_at,
                "supervisor_email": "sgt@kc.example",
                "unit": one.unit,
                "camera_serial": one.camera,
                "officer_id": one.officer,
                "status": "actual",
            },
        )
        for one in history.shifts
    ]
    _save((RosterShift(shift_id=one.shift_id, **known) for one, known in own), RosterShift)
    _save((HomeStation(shift_id=one.shift_id, station_id=station_of(one, stations)) for one, _ in own), HomeStation)
    _save(
        (
            ShiftVersion(
                shift_id=one.shift_id,
                said_at=one.starts_at - 7 * DAY,
                said_by="folder",
                change="added",
                stations=[station_of(one, stations)],
                **known,
            )
            for one, known in own
        ),
        ShiftVersion,
    )


def _judgements(history: History, stations: int) -> None:
    from central.judging.models import Judgement

    _save((_judgement(one, station_of(one, stations), Judgement) for one in history.shifts), Judgement)


def _judgement(one: Shift, station: str, judgement: Any) -> Any:
    verdict, deadline = verdict_of(one), one.ends_at + DAY
    seen = one.docked_at
    late_by = (seen or UNTIL + 9 * DAY) - deadline if verdict in ("late", "outstanding") else None
    return judgement(
        shift_id=one.shift_id,
        camera=one.camera,
        duty_starts_at=one.starts_at,
        duty_ends_at=one.ends_at,
        end_source="actual",
        deadline_at=deadline,
        verdict=verdict,
        plain_verdict=verdict,
        late_by_s=None if late_by is None else late_by.total_seconds(),
        docked_at=seen,
        absent_until=seen,
        docked_station=station if seen else "",
        flags=[],
        why=[{"cause": "silent", "station": station}] if verdict == "indeterminate" else [],
        evidence={"relevant": [station]},
        policy_revision="p",
        because="time",
        judged_at=max(deadline, seen or deadline),
        settled_at=deadline,
    )


def _files(history: History, stations: int) -> None:
    from central.custody.models import Asset, DockSession, StoredObject

    sessions = {
        one.shift_id: UUID(int=k + 1, version=4) for k, one in enumerate(history.shifts) if one.docked_at is not None
    }
    leaving = _leaving(history)
    _save(
        (
            _dock(one, sessions[one.shift_id], station_of(one, stations), leaving.get(one.shift_id), DockSession)
            for one in history.shifts
            if one.docked_at is not None
        ),
        DockSession,
    )
    digests = [hashlib.sha256(f"{history.size.seed} {k}".encode()).hexdigest() for k in range(len(history.videos))]
    _save(
        (
            StoredObject(
                sha256=digest, size=64 << 20, stored_at=_arrived(video.shift), verified_at=_arrived(video.shift)
            )
            for digest, video in zip(digests, history.videos, strict=True)
        ),
        StoredObject,
    )

    def assets() -> Iterator[Any]:
        for k, (video, digest) in enumerate(zip(history.videos, digests, strict=True)):
            docked, arrived = video.shift.docked_at, _arrived(video.shift)
            yield Asset(
                asset_id=UUID(int=(history.size.seed << 64) + k + 1, version=4),
                station_id=station_of(video.shift, stations),
                camera=video.shift.camera,
                source_path=f"DCIM/{k}.MP4",
                session=sessions[video.shift.shift_id],
                size=64 << 20,
                sha256=digest,
                object_id=digest,
                kind="video",
                state="ERASED",
                first_heard_at=docked,
                found_at=docked,
                recorded_at=video.began_at,
                recorded_until=video.ended_at,
                recorded_source="container",
                staged_at=docked + COPIED / 2,
                staged_source="station",
                uploaded_at=arrived,
                uploaded_source="station",
                verified_at=arrived,
                verified_source="central",
                erased_at=arrived + MINUTE,
                erased_source="station",
            )

    _save(assets(), Asset)


def _arrived(shift: Shift) -> datetime:
    if shift.docked_at is None:
        raise ValueError(f"{shift.shift_id} is not back")
    return shift.docked_at + COPIED


def _leaving(history: History) -> dict[str, datetime]:
    """When the next officer, or the same one, took the camera out again, by the shift that brought it."""
    taken: dict[str, datetime] = {}
    for one, after in zip(history.shifts, history.shifts[1:], strict=False):
        if one.number == after.number and one.docked_at is not None:
            taken[one.shift_id] = max(after.starts_at - 15 * MINUTE, one.docked_at + COPIED + MINUTE)
    return taken


def _dock(one: Shift, session: UUID, station: str, taken: datetime | None, dock_session: Any) -> Any:
    copied = one.left is not Fate.IN_BACKLOG
    return dock_session(
        session=session,
        ledger_id=int(station.rpartition("-")[2]),
        station_id=station,
        camera=one.camera,
        bay="1-1.1",
        source="usb",
        proves_dock=True,
        identity_unique=True,
        absent_until=one.docked_at,
        docked_at=one.docked_at,
        last_present_at=taken,
        undocked_at=taken,
        drained_at=_arrived(one) if copied else None,
        files_not_copied=0,
        offset_ms=0.0,
        uncertainty_ms=20.0,
        end_offset_ms=0.0,
        end_uncertainty_ms=20.0,
    )


def _exceptions(history: History) -> None:
    from central.dispatches.models import DocumentedException

    said = [call for call in history.calls if call.fate is Fate.DOCUMENTED_EXCEPTION]
    rows = (
        DocumentedException(
            officer_id=call.officer,
            dispatch_id=call.dispatch_id,
            since=call.begins_at,
            until=call.cleared_at,
            reason="private_residence",
            said_by=f"{call.officer}@kc.example",
            said_as="officer",
            said_at=call.begins_at - HOUR if call.is_before else call.cleared_at + HOUR,
            token=UUID(int=k + 1, version=4),
        )
        for k, call in enumerate(said)
    )
    _save(rows, DocumentedException)


def write_dispatches(path: Path, history: History) -> int:
    """The CAD's export, its mistakes included; how many rows."""
    rows = [_row(call) for call in history.calls]
    some = history.calls[:: max(1, len(history.calls) // 97)]
    for bad, count in history.bad.items():
        rows += [_spoilt(some[k % len(some)], bad, k) for k in range(count)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        writer.writerows(rows)
    return len(rows)


def _row(call: Call) -> list[str]:
    place = sum(call.dispatch_id.encode())
    instants = (one.isoformat(timespec="milliseconds") for one in (call.begins_at, call.arrived_at, call.cleared_at))
    kind = "self_initiated" if place % 5 == 0 else "call"
    return [call.dispatch_id, call.officer, kind, TYPES[place % len(TYPES)], str(place % 4 + 1), *instants, "Report"]


def _spoilt(call: Call, bad: Bad, number: int) -> list[str]:
    row = _row(call)
    row[0] = f"{bad}-{number}"
    match bad:
        case Bad.NO_OFFICER:
            row[1] = ""
        case Bad.UNKNOWN_OFFICER:
            row[1] = "nobody"
        case Bad.NEVER_DISPATCHED:
            row[2], row[5] = "call", ""
        case Bad.NOT_CLEARED:
            row[7] = ""
        case Bad.CLEARED_BEFORE_IT_BEGAN:
            row[7] = (call.begins_at - HOUR).isoformat(timespec="milliseconds")
        case Bad.TOO_LONG:
            row[7] = (call.begins_at + 4 * LENGTH).isoformat(timespec="milliseconds")
    return row
