"""Puts shifts and videos into a real central's rows, as judging and custody leave them there."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid4, uuid5

from central.custody.models import Asset, DockSession
from central.fleet.models import Station
from central.judging.models import Judgement
from central.measures.duties import ShiftRow
from central.measures.videos import VideoRow
from central.roster.models import Officer, Shift, ShiftVersion
from tests.measures.worlds import AT, NOON

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def store_shifts(rows: Iterable[ShiftRow], said_at: datetime = NOON) -> None:
    for row in rows:
        officer, _ = Officer.objects.get_or_create(officer_id=row.officer)
        own = {"starts_at": row.starts_at, "ends_at": row.ends_at, "unit": row.unit, "status": row.status}
        found = Shift.objects.create(shift_id=row.shift_id, officer=officer, camera_serial=row.camera, **own)
        ShiftVersion.objects.create(
            shift_id=row.shift_id,
            officer_id=row.officer,
            camera_serial=row.camera,
            said_at=said_at,
            said_by="command",
            change="added",
            **own,
        )
        if row.duty_ends_at is not None:
            store_judgement(found.pk, row, said_at)


def store_judgement(shift_id: str, row: ShiftRow, judged_at: datetime) -> None:
    """What is said of it from now on; what was said before is superseded."""
    Judgement.objects.filter(shift=shift_id, superseded_at=None).update(superseded_at=judged_at)
    Judgement.objects.create(
        shift_id=shift_id,
        camera=row.camera,
        duty_starts_at=row.duty_starts_at,
        duty_ends_at=row.duty_ends_at,
        end_source=row.end_source,
        deadline_at=row.deadline_at,
        verdict=row.verdict,
        plain_verdict=row.plain_verdict,
        excuse=row.excuse,
        late_by_s=row.late_by_s,
        docked_at=row.docked_at,
        absent_until=row.absent_until,
        why=[
            {"cause": cause, "station": "east-1", "bay": None, "since": None, "until": None} for cause in row.causes
        ],
        policy_revision="1",
        because="time",
        judged_at=judged_at,
    )


def store_videos(rows: Iterable[VideoRow]) -> None:
    station, _ = Station.objects.get_or_create(station_id="east-1", defaults={"added_at": NOON})
    for row in rows:
        session = uuid4()
        if row.docked_at is not None:
            DockSession.objects.create(session=session, station=station, camera=row.camera, docked_at=row.docked_at)
        changed = row.recorded_until and (row.recorded_until - EPOCH) // timedelta(microseconds=1) * 1000
        Asset.objects.create(
            asset_id=uuid5(NAMESPACE_OID, row.asset_id),
            station=station,
            camera=row.camera,
            session=session,
            sha256=row.sha256,
            kind=row.kind,
            recorded_at=row.recorded_at,
            recorded_source="container" if row.recorded_at else "",
            mtime_ns=changed,
            staged_at=row.staged_at,
            verified_at=row.verified_at,
            first_heard_at=row.staged_at or AT,
        )
