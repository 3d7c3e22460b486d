"""The rows of `export shifts`: every shift with its duty's deadline and the verdict that stands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from central.config import CentralConfig
from central.judging.models import Judgement
from central.roster.duties import duties_with
from central.roster.models import Shift
from central.timeliness.duty import Duty
from central.timeliness.verdict import Pending

PAGE = 1000

SHIFT_COLUMNS = (
    *("shift_id", "camera_serial", "officer_id", "ends_at", "deadline", "docked_at", "verdict", "plain_verdict"),
    *("late_by_seconds", "unit", "status", "starts_at", "end_source", "duty_starts_at", "duty_ends_at"),
    *("docked_station_id", "docked_bay", "absent_until", "flags", "why", "excuse", "because", "judged_at"),
    *("judgements", "policy_revision"),
)


def shift_rows(config: CentralConfig) -> Iterator[list[Any]]:
    """All shifts in order of their ids. One that was not judged yet is `pending`; a cancelled or withdrawn one has
    neither deadline nor verdict."""
    last = ""
    while page := list(Shift.objects.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield from _page(page, config)
        last = page[-1].pk


def _page(shifts: Sequence[Shift], config: CentralConfig) -> Iterator[list[Any]]:
    judged: dict[str, list[Judgement]] = {}
    for row in Judgement.objects.filter(shift__in=[one.pk for one in shifts]).order_by("pk"):
        judged.setdefault(row.shift_id, []).append(row)
    unjudged = [one for one in shifts if one.pk not in judged and one.status not in Shift.NOBODYS]
    duties = _duties(unjudged, config)
    for shift in shifts:
        rows = judged.get(shift.pk, [])
        standing = next((row for row in rows if row.superseded_at is None), None)
        yield _row(shift, standing, duties.get(shift.pk), len(rows))


def _duties(shifts: Sequence[Shift], config: CentralConfig) -> dict[str, Duty]:
    if not shifts:
        return {}
    cameras = {one.camera_serial for one in shifts}
    found = duties_with(cameras, min(one.ends_at for one in shifts), config)
    return {shift.shift_id: duty for duty in found for shift in duty.shifts}


def _row(shift: Shift, said: Judgement | None, duty: Duty | None, judgements: int) -> list[Any]:
    own = [shift.pk, shift.camera_serial, shift.officer_id, shift.ends_at]
    roster = [shift.unit, shift.status, shift.starts_at]
    if said is not None:
        return [
            *(*own, said.deadline_at, said.docked_at, said.verdict, said.plain_verdict, said.late_by_s),
            *(*roster, said.end_source, said.duty_starts_at, said.duty_ends_at),
            *(said.docked_station or None, said.docked_bay or None, said.absent_until, said.flags),
            *([_sentence(why) for why in said.why], said.excuse or None, said.because, said.judged_at),
            *(judgements, said.policy_revision),
        ]
    end_source = shift.end_source or shift.status
    nothing = (None, None, None, [], [], None, None, None, judgements, None)
    if duty is None:
        return [*own, None, None, None, None, None, *roster, end_source, None, None, *nothing]
    said_so_far = (duty.deadline, None, Pending.name, Pending.name, None)
    return [*own, *said_so_far, *roster, end_source, duty.starts_at, duty.ends_at, *nothing]


def _sentence(why: dict[str, str | None]) -> str:
    """`unwatched east-1 Bay 1 2026-11-23T16:00:00Z..`: in one cell."""
    where = [part for part in (why["cause"], why.get("station"), why.get("bay")) if part]
    since, until = why.get("since"), why.get("until")
    return " ".join([*where, f"{since or ''}..{until or ''}"] if since or until else where)
