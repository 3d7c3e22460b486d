"""A small city as a CAD, a roster and cards tell it. Hours are counted from NOON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5
from zoneinfo import ZoneInfo

from central.config import Dispatches
from central.custody.models import Asset, DockSession
from central.custody.touching import touch
from central.dispatches.comparing import compare_due
from central.dispatches.csv_file import COLUMNS, DispatchRow
from central.dispatches.importing import Bringing, Outcome, bring_dispatches
from central.dispatches.models import Comparison
from central.fleet.models import Station
from central.judging.models import Judgement
from central.roster.models import Officer, Shift, ShiftVersion

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
NOW = NOON + timedelta(days=3)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
UTC_ZONE = ZoneInfo("UTC")
POLICY = Dispatches(exclude_types=("Phone report",), exclude_dispositions=("Cancelled",))


def hour(number: float | None) -> datetime | None:
    return None if number is None else NOON + number * HOUR


def call(dispatch_id: str = "D1", officer: str = "7", **more: Any) -> DispatchRow:
    """From noon for an hour, with arrival after six minutes; instants in `more` are hours."""
    usual = {"dispatched_at": 0, "arrived_at": 0.1, "cleared_at": 1}
    instants = {name: hour(more.pop(name, number)) for name, number in usual.items()}
    words = {"kind": "call", "type": "Alarm", "priority": "2", "disposition": "Report"}
    return DispatchRow(dispatch_id, officer, **{**words, **instants, **more})


def as_file(rows: Iterable[DispatchRow]) -> bytes:
    """These dispatches as a CAD writes them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS.known)
    for row in rows:
        cells = [getattr(row, name) for name in COLUMNS.known]
        writer.writerow([one.isoformat() if isinstance(one, datetime) else one or "" for one in cells])
    return out.getvalue().encode()


def bring(*rows: DispatchRow, at: datetime = NOW, **how: Any) -> Outcome:
    """Import them and compare."""
    outcome = bring_dispatches(as_file(rows), Bringing("command", at, "cad.csv", **how), UTC_ZONE, POLICY)
    assert not outcome.is_refused, outcome.errors
    compare_due(POLICY, at)
    return outcome


def shift(shift_id: str = "S1", officer: str = "7", camera: str = "C1", **more: Any) -> Shift:
    """From two hours before noon for eight hours."""
    starts, ends = hour(more.pop("starts", -2)), hour(more.pop("ends", 6))
    Officer.objects.get_or_create(officer_id=officer)
    told = {"camera_serial": camera, "starts_at": starts, "ends_at": ends, "unit": "East", "status": "actual"} | more
    found, _ = Shift.objects.update_or_create(shift_id=shift_id, defaults={"officer_id": officer, **told})
    ShiftVersion.objects.create(
        shift_id=shift_id, officer_id=officer, said_at=NOW, said_by="command", change="added", **told
    )
    return found


def station() -> Station:
    return Station.objects.get_or_create(station_id="east-1", defaults={"added_at": NOON})[0]


def dock(camera: str = "C1", docked: float = 6.1, undocked: float | None = 8, **more: Any) -> DockSession:
    """A whole dock after the shift: everything was copied."""
    told = {"docked_at": hour(docked), "undocked_at": hour(undocked), "drained_at": hour(docked + 0.5)} | more
    found = DockSession.objects.create(session=uuid4(), station=station(), camera=camera, **told)
    touch("camera", camera, NOW)
    return found


def video(name: str, began: float = 0, ended: float = 1, **more: Any) -> Asset:
    """A receipted recording of camera C1, over the whole call."""
    told: dict[str, Any] = {"camera": "C1", "kind": "video", "recorded_source": "container", "verified_at": NOW}
    told |= {"recorded_at": hour(began), "recorded_until": hour(ended), "first_heard_at": NOW, **more}
    return Asset.objects.create(asset_id=uuid5(NAMESPACE_OID, name), station=station(), **told)


def judged(shift: Shift, verdict: str) -> None:
    Judgement.objects.filter(shift=shift, superseded_at=None).update(superseded_at=NOW)
    Judgement.objects.create(
        shift=shift,
        camera=shift.camera_serial,
        duty_starts_at=shift.starts_at,
        duty_ends_at=shift.ends_at,
        end_source="actual",
        deadline_at=shift.ends_at + 24 * HOUR,
        verdict=verdict,
        plain_verdict=verdict,
        policy_revision="1",
        because="time",
        judged_at=NOW,
    )


def standing(dispatch_id: str = "D1", officer: str = "7") -> Comparison:
    return Comparison.objects.get(dispatch__dispatch_id=dispatch_id, dispatch__officer_id=officer, superseded_at=None)


def said(dispatch_id: str = "D1", officer: str = "7") -> str:
    """What stands, in a word: its result, and the rule or cause."""
    found = standing(dispatch_id, officer)
    return " ".join(part for part in (found.result, found.rule or found.cause) if part)


def history(dispatch_id: str = "D1", officer: str = "7") -> list[tuple[str, str, str]]:
    rows = Comparison.objects.filter(dispatch__dispatch_id=dispatch_id, dispatch__officer_id=officer).order_by("pk")
    return [(row.because, row.result, row.rule or row.cause) for row in rows]
