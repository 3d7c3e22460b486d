"""Judgements as rows: append-only, and a new one only where something new is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central.instants import rfc3339
from central.judging.models import Judgement as Row
from central.roster.models import Shift
from central.timeliness.coverage import Gap
from central.timeliness.duty import Duty
from central.timeliness.judgement import Judgement
from central.timeliness.verdict import Cause, Excused, Indeterminate, Late, Outstanding, Pending, Why

NEW = (
    *("camera", "duty_starts_at", "duty_ends_at", "end_source", "deadline_at", "verdict", "plain_verdict"),
    *("excuse", "docked_at", "absent_until", "docked_station", "docked_bay", "docked_session", "flags", "why"),
)
"""Columns that make another judgement of it when they differ; so does `late_by_s`, but for an outstanding one."""

INFERRED = "inferred"
"""A clip ran past the rostered end."""


@dataclass(frozen=True)
class Case:
    """A duty that was judged."""

    duty: Duty
    said: Judgement
    policy_revision: str
    because: str
    now: datetime


def keep(camera: str, cases: Sequence[Case], now: datetime) -> None:
    """Write what is new about these duties of a camera; in the caller's transaction."""
    shifts = Shift.objects.in_bulk([shift.shift_id for case in cases for shift in case.duty.shifts])
    standing = {row.shift_id: row for row in Row.objects.filter(shift__in=shifts, superseded_at=None)}
    # Of a shift that was cancelled or withdrawn nothing is said any more.
    Row.objects.filter(camera=camera, superseded_at=None, shift__status__in=Shift.NOBODYS).update(superseded_at=now)
    for case in cases:
        last = max(case.duty.shifts, key=lambda shift: shift.ends_at)
        columns = _columns(case, shifts[last.shift_id])
        for shift in case.duty.shifts:
            _keep_one(standing.get(shift.shift_id), Row(shift_id=shift.shift_id, **columns))


def _keep_one(before: Row | None, row: Row) -> None:
    if before is not None and not _is_new(before, row):
        if (before.late_by_s, before.evidence) != (row.late_by_s, row.evidence):
            before.late_by_s, before.evidence = row.late_by_s, row.evidence
            before.save(update_fields=["late_by_s", "evidence"])
        return
    if before is not None:
        before.superseded_at = row.judged_at
        before.save(update_fields=["superseded_at"])
    row.save(force_insert=True)


def _is_new(before: Row, row: Row) -> bool:
    grows = row.plain_verdict == Outstanding.name
    return any(getattr(before, name) != getattr(row, name) for name in NEW) or (
        not grows and before.late_by_s != row.late_by_s
    )


def _columns(case: Case, last: Shift) -> dict[str, Any]:
    duty, said = case.duty, case.said
    session, plain = said.session, said.plain
    return {
        "camera": duty.camera,
        "duty_starts_at": duty.starts_at,
        "duty_ends_at": duty.ends_at,
        "end_source": INFERRED if duty.ends_at > last.ends_at else last.end_source or last.status,
        "deadline_at": said.deadline,
        "verdict": said.verdict.name,
        "plain_verdict": plain.name,
        "excuse": said.verdict.reason if isinstance(said.verdict, Excused) else "",
        "late_by_s": _seconds(plain.by) if isinstance(plain, Late | Outstanding) else None,
        "docked_at": session and session.seen_at,
        "absent_until": session and session.absent_until,
        "docked_station": session.station if session else "",
        "docked_bay": session.bay if session else "",
        "docked_session": session.session if session else "",
        "flags": list(said.flags),
        "why": _why(plain),
        "evidence": _evidence(said),
        "policy_revision": case.policy_revision,
        "because": case.because,
        "judged_at": case.now,
    }


def _seconds(by: timedelta) -> float:
    """Never below nothing: an outstanding camera's docks may have been watched to the deadline and no further."""
    return max(0.0, by.total_seconds())


def _why(plain: object) -> list[dict[str, str | None]]:
    if isinstance(plain, Pending):
        return [{"cause": "waiting", "station": name} for name in plain.waiting_for]
    return [_place(why, cause=why.cause) for why in plain.why] if isinstance(plain, Indeterminate) else []


def _evidence(said: Judgement) -> dict[str, Any]:
    return {
        "counts_from": rfc3339(said.counts_from),
        "relevant": list(said.relevant),
        "tolerated": [_place(gap) for gap in said.tolerated],
        "since_deadline": [_place(gap) for gap in said.since_deadline],
    }


def _place(one: Why | Gap, cause: Cause | None = None) -> dict[str, str | None]:
    place = {
        "station": one.station,
        "bay": one.bay,
        "since": one.since and rfc3339(one.since),
        "until": one.until and rfc3339(one.until),
    }
    return place if cause is None else {"cause": str(cause), **place}
