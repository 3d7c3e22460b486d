"""A clip that runs past the rostered end shows that the duty did: it may move a duty's end later, and nothing else.

Asked only of a duty that would otherwise be late or outstanding, so that no clip and no wrong camera clock can ever
accuse. Not asked where the roster knows the actual end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.custody.clips import LONGEST_CLIP, recorded_until
from central.custody.models import Asset
from central.roster.models import Shift
from central.timeliness.duty import Duty, next_duty
from central.timeliness.facts import DockSession
from central.timeliness.judgement import Judgement, Prepared, judge
from central.timeliness.verdict import Late, Outstanding

REACH = timedelta(hours=6)
"""Nobody works on for longer without that being on the roster."""
SOURCES = ("container", "name")
"""Where a recording's beginning must be from: a file's own time of change is its end, or anything."""


@dataclass(frozen=True)
class Clip:
    """One recording, by the camera's clock."""

    began_at: datetime
    ended_at: datetime


def with_inferred_end(
    duty: Duty, said: Judgement, prepared: Prepared, shifts: Mapping[str, Shift], now: datetime
) -> tuple[Duty, Judgement]:
    """The duty and what is said of it, with a later end where clips show one and it accuses as things stand."""
    facts = prepared.facts
    if not isinstance(said.plain, Late | Outstanding):
        return duty, said
    if any(shifts[one.shift_id].status == "actual" for one in duty.shifts):
        return duty, said
    ends_at = inferred_end(duty, _clips(duty), facts.sessions, next_duty(duty, facts.duties))
    if ends_at is None:
        return duty, said
    moved = replace(duty, ends_at=ends_at)
    others = tuple(moved if one == duty else one for one in facts.duties)
    return moved, judge(moved, prepared.with_duties(others), now)


def inferred_end(
    duty: Duty, clips: Iterable[Clip], sessions: Iterable[DockSession], following: Duty | None
) -> datetime | None:
    """The end of the last clip that began since the duty did: no later than `REACH` after the rostered end, the next
    duty's start, and the first dock that lasted until the rostered end or came after it. None: no later end is shown.
    """
    limits = [duty.ends_at + REACH]
    if following is not None:
        limits.append(following.starts_at)
    for session in sessions:
        if session.absent_at is None or session.absent_at + session.uncertainty >= duty.ends_at:
            limits.append(session.seen_at - session.uncertainty)
    latest = min(limits)
    ends = [min(clip.ended_at, latest) for clip in clips if duty.starts_at <= clip.began_at <= latest]
    last = max(ends, default=duty.ends_at)
    return last if last > duty.ends_at else None


def _clips(duty: Duty) -> Sequence[Clip]:
    rows = Asset.objects.filter(
        camera=duty.camera,
        kind="video",
        recorded_source__in=SOURCES,
        recorded_at__gte=duty.ends_at - LONGEST_CLIP,
        recorded_at__lte=duty.ends_at + REACH,
    )
    columns = rows.values_list("recorded_at", "mtime_ns", "recorded_until")
    return [Clip(began, recorded_until(began, changed, told)) for began, changed, told in columns]
