"""Judgements as rows: append-only, and a new one only where something new is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from central.instants import rfc3339
from central.judging.gathering import Brief
from central.judging.models import Judgement as Row
from central.judging.settled import settled_at
from central.roster.models import Shift
from central.roster.shifts import BATCH, batches
from central.timeliness.coverage import Gap
from central.timeliness.duty import Duty
from central.timeliness.judgement import Judgement
from central.timeliness.verdict import Cause, Excused, Indeterminate, Late, Outstanding, Pending, Why

NEW = (
    *("camera", "duty_starts_at", "duty_ends_at", "end_source", "deadline_at", "verdict", "plain_verdict"),
    *("excuse", "docked_at", "absent_until", "docked_station", "docked_bay", "docked_session", "flags", "why"),
)
"""Columns that make another judgement of it when they differ; so does `late_by_s`, but for an outstanding one."""

GROWING = ("late_by_s", "evidence", "settled_at")
"""Columns that may become more in a row that stands."""

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


@dataclass(frozen=True)
class News:
    """What is to be written of one camera's judgements."""

    new: tuple[Row, ...]
    superseded: tuple[int, ...]
    grown: tuple[Row, ...]
    """The same word, resting on more."""


def news_of(brief: Brief, cases: Sequence[Case]) -> News:
    """What these cases say that was not said before. Of a shift that is nobody's nothing is said any more."""
    new: list[Row] = []
    superseded = list(brief.nobodys)
    grown: list[Row] = []
    for case in cases:
        shifts = [brief.shifts[shift.shift_id] for shift in case.duty.shifts]
        columns = _columns(case, max(shifts, key=lambda shift: shift.ends_at))
        columns["settled_at"] = settled_at(case.duty, case.said, brief.known)
        for shift in shifts:
            row, before = Row(shift_id=shift.pk, **columns), brief.standing.get(shift.pk)
            if before is None or _is_new(before, row):
                new.append(row)
                superseded += [] if before is None else [before.pk]
            elif _has_grown(before, row):
                grown.append(before)
    return News(tuple(new), tuple(superseded), tuple(grown))


def write(news: Sequence[News], now: datetime) -> None:
    """In the caller's transaction, which is short: everything was thought out before."""
    for batch in batches([number for one in news for number in one.superseded]):
        Row.objects.filter(pk__in=batch).update(superseded_at=now)
    Row.objects.bulk_create((row for one in news for row in one.new), batch_size=BATCH)
    for one in news:
        for row in one.grown:
            row.save(update_fields=GROWING)


def _has_grown(before: Row, row: Row) -> bool:
    """Takes over what may grow; whether anything of it has."""
    grown = [name for name in GROWING if getattr(before, name) != getattr(row, name)]
    for name in grown:
        setattr(before, name, getattr(row, name))
    return bool(grown)


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
