"""Shifts and videos as measures count them, told by hand or made up at random. Hours are counted from NOON."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from central.dispatches.csv_file import KINDS
from central.dispatches.eligibility import Rule
from central.dispatches.explaining import Cause
from central.instants import rfc3339
from central.measures.dispatches import Sent
from central.measures.duties import ShiftRow
from central.measures.videos import VideoRow

NOON = datetime(2026, 10, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AT = NOON + 30 * 24 * HOUR


def hour(number: float | None) -> datetime | None:
    return None if number is None else NOON + number * HOUR


def shift(shift_id: str, verdict: str = "on_time", **more: Any) -> ShiftRow:
    """Eight hours until noon with camera C1, deadline a day after; instants in `more` are hours."""
    starts, ends = NOON + more.pop("starts", -8) * HOUR, NOON + more.pop("ends", 0) * HOUR
    duty_starts, duty_ends = more.pop("duty_starts", None), more.pop("duty_ends", None)
    told = {name: hour(more.pop(name, None)) for name in ("docked_at", "absent_until")}
    duty_ends_at = ends if duty_ends is None else NOON + duty_ends * HOUR
    usual: dict[str, Any] = {"camera": "C1", "officer": "7", "unit": "East", "status": "actual"}
    return ShiftRow(
        shift_id=shift_id,
        starts_at=starts,
        ends_at=ends,
        duty_starts_at=starts if duty_starts is None else NOON + duty_starts * HOUR,
        duty_ends_at=duty_ends_at,
        deadline_at=duty_ends_at + 24 * HOUR,
        verdict="excused" if more.get("excuse") else verdict,
        plain_verdict=verdict,
        **{**usual, **told, **more},
    )


def nobodys(shift_id: str, status: str = "cancelled") -> ShiftRow:
    row = shift(shift_id)
    return replace(row, status=status, duty_starts_at=None, duty_ends_at=None, deadline_at=None, plain_verdict="")


def video(asset_id: str, recorded: float | None = -4, **more: Any) -> VideoRow:
    """Ten minutes of camera C1, docked an hour after noon, in the spool and at central by two; in hours."""
    steps = {"docked_at": 1, "staged_at": 1.5, "verified_at": 2}
    told = {name: hour(more.pop(name, usual)) for name, usual in steps.items()}
    began = hour(recorded)
    ended = began and began + timedelta(minutes=10)
    usual = {"camera": "C1", "sha256": f"sha-{asset_id}", "kind": "video", "recorded_until": ended}
    return VideoRow(asset_id=asset_id, recorded_at=began, **{**usual, **told, **more})


def random_shifts(dice: Random, number: int) -> list[ShiftRow]:
    """Duties of every kind; some of two shifts, some excused, some nobody's."""
    found: list[ShiftRow] = []
    for index in range(number):
        found += _random_duty(dice, f"S{index:04}")
    dice.shuffle(found)
    return found


def _random_duty(dice: Random, name: str) -> list[ShiftRow]:
    if dice.random() < 0.05:
        return [nobodys(name, dice.choice(["cancelled", "withdrawn"]))]
    starts = dice.randrange(-300, 300)
    ends = starts + dice.choice([8, 10, 12])
    verdict = dice.choice(["on_time", "on_time", "late", "outstanding", "indeterminate", "pending", "no_duty"])
    docked = {"on_time": dice.uniform(-3, 24), "late": dice.uniform(24.1, 200)}.get(verdict)
    absent = None if docked is None or dice.random() < 0.1 else docked - dice.choice([0.01, 0.5])
    late_by = {"late": ((absent or docked or 0) - 24) * 3600, "outstanding": dice.uniform(0, 1e6)}.get(verdict)
    common: dict[str, Any] = {
        "camera": dice.choice(["C1", "C2", "C3"]),
        "officer": dice.choice(["7", "8"]),
        "unit": dice.choice(["East", "West", ""]),
        "excuse": dice.choice(["", "", "", "leave"]),
        "docked_at": None if docked is None else ends + docked,
        "absent_until": None if absent is None else ends + absent,
        "late_by_s": None if late_by is None else max(0.0, late_by),
        "causes": ("unwatched",) if verdict == "indeterminate" else (),
        "duty_starts": starts,
        "duty_ends": ends,
    }
    first = shift(name, verdict, starts=starts, ends=ends, **common)
    if dice.random() < 0.2:
        return [replace(first, ends_at=first.ends_at - 4 * HOUR), shift(f"{name}b", verdict, ends=ends, **common)]
    return [first]


def random_videos(dice: Random, number: int) -> list[VideoRow]:
    found = []
    for index in range(number):
        recorded = dice.uniform(-310, 330)
        steps = [recorded + dice.choice([-30, 0.1, 5, 40])]
        steps += [steps[-1] + dice.choice([0, 0.2, 30]), steps[-1] + dice.choice([0.2, 3, 50])]
        known = [step if dice.random() < 0.95 else None for step in steps]
        found.append(
            video(
                f"A{index:04}",
                None if dice.random() < 0.05 else recorded,
                camera=dice.choice(["C1", "C2", "C3", "C4"]),
                sha256=dice.choice(["", "same", f"sha-{index}", f"sha-{index}"]),
                kind=dice.choice(["video"] * 9 + [""]),
                **dict(zip(("docked_at", "staged_at", "verified_at"), known, strict=True)),
            )
        )
    return found


def sent(dispatch_id: str, result: str = "covered", **more: Any) -> Sent:
    """A call of officer 7 at noon; `begins` is in hours."""
    usual = {"officer": "7", "kind": "call", "type": "Alarm", "priority": "2", "unit": "East"}
    edges = {"start": "in_time", "end": "in_time"} if result not in ("missing", "excluded", "pending") else {}
    return Sent(dispatch_id, result=result, begins_at=hour(more.pop("begins", 0)), **{**usual, **edges, **more})


def random_sent(dice: Random, number: int) -> list[Sent]:
    """Officers of dispatches of every kind and with every finding; some of two officers, some documented."""
    found = []
    for index in range(number):
        common = {"kind": dice.choice(KINDS), "type": dice.choice(["Alarm", "Stop"]), "priority": dice.choice("12")}
        common |= {"begins": dice.choice([None, *(dice.uniform(-300, 300) for _ in range(9))])}
        for officer in ("7", "8")[: dice.choice([1, 1, 2])]:
            found.append(sent(f"D{index:04}", officer=officer, **common, **_random_finding(dice)))
    return found


def _random_finding(dice: Random) -> dict[str, str]:
    result = dice.choice(
        ["covered", "covered", "late_start", "early_end", "missing", "missing", "excluded", "pending"]
    )
    told = {
        "result": result,
        "unit": dice.choice(["East", "West", ""]),
        "documented": dice.choice(["", "", "before", "after"]),
    }
    if result == "missing":
        causes = [cause for cause in Cause if told["documented"] or cause is not Cause.DOCUMENTED_EXCEPTION]
        return told | {"cause": str(dice.choice(causes))}
    if result == "excluded":
        return told | {"rule": str(dice.choice(list(Rule)))}
    if result == "covered":
        edges = ["in_time", "in_time", "no_arrival_time", "footage_outstanding"]
        return told | {"start": dice.choice(edges), "end": dice.choice(["in_time", "in_time", "end_unknown"])}
    return told | {"late_start": {"start": "late_start", "end": dice.choice(["in_time", "early_end"])}}.get(
        result, {"end": "early_end"}
    )


def as_exported_dispatch(row: Sent) -> dict[str, Any]:
    """The columns of `export dispatches` that count, as JSON has them."""
    began = row.begins_at and rfc3339(row.begins_at)
    words = {name: getattr(row, name) or None for name in ("rule", "cause", "start", "end", "documented")}
    own = {"dispatch_id": row.dispatch_id, "officer_id": row.officer, "kind": row.kind, "result": row.result}
    return {**own, **words, "dispatched_at": began, "arrived_at": None}


def as_exported_shift(row: ShiftRow) -> dict[str, Any]:
    """The columns of `export shifts` that count, as JSON has them."""
    owed = row.duty_ends_at is not None
    instants = {
        "ends_at": row.ends_at,
        "duty_starts_at": row.duty_starts_at,
        "duty_ends_at": row.duty_ends_at,
        "deadline": row.deadline_at,
        "docked_at": row.docked_at,
        "absent_until": row.absent_until,
    }
    return {
        "shift_id": row.shift_id,
        "camera_serial": row.camera,
        "officer_id": row.officer,
        "verdict": row.verdict if owed else None,
        "plain_verdict": row.plain_verdict if owed else None,
        "late_by_seconds": row.late_by_s,
        **{name: at and rfc3339(at) for name, at in instants.items()},
    }


def as_exported_asset(row: VideoRow) -> dict[str, Any]:
    """The columns of `export assets` that count, as JSON has them."""
    names = ("recorded_at", "recorded_until", "docked_at", "staged_at", "verified_at")
    instants = {name: getattr(row, name) and rfc3339(getattr(row, name)) for name in names}
    own = {"asset_id": row.asset_id, "camera_serial": row.camera, "sha256": row.sha256 or None}
    return {**own, "kind": row.kind or None, **instants}
