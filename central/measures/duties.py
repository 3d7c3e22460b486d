"""Duties as they are counted: one return is owed for each, however many shifts it has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil

from central.timeliness.verdict import Indeterminate, Late, OnTime, Outstanding, Pending

END_OF_TOUR = timedelta(hours=1)
"""Docked so soon after its end, a camera was docked at the end of its tour of duty."""
DAY_S = 86_400
MOST_DAYS = 5
MORE_DAYS = "more"
WITHIN_1H, AFTER_1H, DOCK_UNCERTAIN = "within_1h", "after_1h", "dock_uncertain"


@dataclass(frozen=True)
class ShiftRow:
    """One shift with what stands of it, as `export shifts` tells it."""

    shift_id: str
    camera: str
    officer: str
    unit: str
    status: str
    starts_at: datetime
    ends_at: datetime
    duty_starts_at: datetime | None
    """None, as all that follows: it is nobody's, being cancelled or withdrawn."""
    duty_ends_at: datetime | None = None
    end_source: str = ""
    deadline_at: datetime | None = None
    verdict: str = ""
    plain_verdict: str = ""
    excuse: str = ""
    late_by_s: float | None = None
    docked_at: datetime | None = None
    absent_until: datetime | None = None
    docked_station: str = ""
    docked_bay: str = ""
    causes: tuple[str, ...] = ()
    """What makes it indeterminate."""


@dataclass(frozen=True)
class CountedDuty:
    """One duty, or one shift that is nobody's: a row of M1, M2 and M3."""

    shift_ids: tuple[str, ...]
    last: ShiftRow
    """The shift that ends last: its unit is the duty's."""

    @property
    def camera(self) -> str:
        return self.last.camera

    @property
    def unit(self) -> str:
        return self.last.unit

    @cached_property
    def starts_at(self) -> datetime:
        return self.last.duty_starts_at or self.last.starts_at

    @cached_property
    def ends_at(self) -> datetime:
        return self.last.duty_ends_at or self.last.ends_at

    @property
    def is_owed(self) -> bool:
        """False: the shift is nobody's."""
        return self.last.duty_ends_at is not None

    @cached_property
    def is_excused(self) -> bool:
        return self.last.verdict == "excused"

    @cached_property
    def parts(self) -> Mapping[str, str]:
        """What it is: by its own deadline, by one hour after its end, and by how many days it was late."""
        if not self.is_owed:
            return dict.fromkeys(("part", "part_1h", "days"), self.last.status)
        part = self.last.plain_verdict
        return {"part": part, "part_1h": _within(self, END_OF_TOUR), "days": _days(self) or part}


def counted_duties(shifts: Iterable[ShiftRow]) -> list[CountedDuty]:
    """The duties that these shifts make, by end; each shift that is nobody's by itself."""
    found: dict[tuple[str, ...] | tuple[str, str, datetime], list[ShiftRow]] = {}
    for shift in shifts:
        own = shift.duty_starts_at
        found.setdefault((shift.shift_id,) if own is None else (shift.camera, shift.officer, own), []).append(shift)
    duties = [CountedDuty(tuple(sorted(one.shift_id for one in rows)), _last(rows)) for rows in found.values()]
    return sorted(duties, key=lambda duty: (duty.ends_at, duty.shift_ids))


def _last(shifts: Sequence[ShiftRow]) -> ShiftRow:
    return max(shifts, key=lambda one: (one.ends_at, one.shift_id))


def _within(duty: CountedDuty, span: timedelta) -> str:
    """Was its return seen so soon after its end? Judges nobody: nothing is asked about who watched."""
    said, limit = duty.last, duty.ends_at + span
    if said.plain_verdict not in (OnTime.name, Late.name, Outstanding.name):
        return said.plain_verdict
    if said.docked_at is None:
        seen_until = (said.deadline_at or limit) + timedelta(seconds=said.late_by_s or 0)
        return AFTER_1H if seen_until >= limit else Pending.name
    if said.docked_at <= limit:
        return WITHIN_1H
    return AFTER_1H if said.absent_until is not None and said.absent_until >= limit else DOCK_UNCERTAIN


def _days(duty: CountedDuty) -> str | None:
    """`1`: late by up to a day, `2`: by more than one and up to two, and so on; None: not late."""
    if duty.last.plain_verdict != Late.name:
        return None
    days = max(1, ceil((duty.last.late_by_s or 0) / DAY_S))
    return str(days) if days <= MOST_DAYS else MORE_DAYS


COUNTED = frozenset({OnTime.name, Late.name, Outstanding.name})
"""What could be said: the denominator of everything that is said of officers."""
JUDGED = COUNTED | {Indeterminate.name}
DAYS = (*(str(number) for number in range(1, MOST_DAYS + 1)), MORE_DAYS)
