"""Duties: adjacent shifts of one officer with one camera; which is next; to which an undock belongs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from central.timeliness.instants import later, settle, sooner
from central.timeliness.policy import USUAL, Policy


@dataclass(frozen=True)
class Shift:
    """A span in which one officer answers for one camera. Cancelled shifts are nobody's."""

    shift_id: str
    officer: str
    camera: str
    starts_at: datetime
    ends_at: datetime
    home_stations: frozenset[str] = frozenset()
    policy: Policy = USUAL

    def __post_init__(self) -> None:
        settle(self, "starts_at", "ends_at")


@dataclass(frozen=True)
class Duty:
    """What is judged: one officer owes one camera's return after one or more adjacent shifts."""

    shifts: tuple[Shift, ...]
    starts_at: datetime
    ends_at: datetime
    policy: Policy
    """The last shift's, but for `early_tolerance`, which is the first one's."""

    @property
    def officer(self) -> str:
        return self.shifts[0].officer

    @property
    def camera(self) -> str:
        return self.shifts[0].camera

    @property
    def home_stations(self) -> frozenset[str]:
        return frozenset().union(*(shift.home_stations for shift in self.shifts))

    @property
    def takes_from(self) -> datetime:
        """From when on an undock is this officer's."""
        return sooner(self.starts_at, self.policy.early_tolerance)

    @property
    def deadline(self) -> datetime:
        return later(self.ends_at, self.policy.grace)


def duties_of(shifts: Iterable[Shift]) -> tuple[Duty, ...]:
    """The duties, by camera and start. Shifts between which another officer's starts with that camera stay apart."""
    merged: list[Duty] = []
    for shift in sorted(shifts, key=lambda one: (one.camera, one.starts_at, one.ends_at, one.shift_id)):
        if merged and _goes_on(merged[-1], shift):
            merged[-1] = _extended(merged[-1], shift)
        else:
            merged.append(Duty((shift,), shift.starts_at, shift.ends_at, shift.policy))
    return tuple(merged)


def next_duty(duty: Duty, duties: Iterable[Duty]) -> Duty | None:
    """The next one with this camera, by start; whoever's it is."""
    return min(
        (one for one in duties if one.camera == duty.camera and one.starts_at > duty.starts_at),
        key=lambda one: one.starts_at,
        default=None,
    )


def owners(undocked_at: datetime, duties: Iterable[Duty]) -> tuple[Duty, ...]:
    """To whom an undock belongs: the latest duty whose officer might already take the camera. More than one where
    the roster has two officers start with it at the same instant; none before the first duty."""
    begun = [duty for duty in duties if duty.takes_from <= undocked_at]
    latest = max((duty.starts_at for duty in begun), default=None)
    return tuple(duty for duty in begun if duty.starts_at == latest)


def _goes_on(duty: Duty, shift: Shift) -> bool:
    # Of two units' merge gaps the larger counts: nobody is late because his two units differ.
    gap: timedelta = max(duty.policy.merge_gap, shift.policy.merge_gap)
    same = duty.officer == shift.officer and duty.camera == shift.camera
    return same and shift.starts_at - duty.ends_at <= gap


def _extended(duty: Duty, shift: Shift) -> Duty:
    ending = shift.policy if shift.ends_at >= duty.ends_at else duty.policy
    policy = replace(ending, early_tolerance=duty.policy.early_tolerance)
    return Duty((*duty.shifts, shift), duty.starts_at, max(duty.ends_at, shift.ends_at), policy)
