"""Whose recording is it, and which recordings overlap a dispatch? Pure.

A recording belongs to the officer to whom the roster gives its camera at the instant at which it began, that instant
corrected by the camera's measured clock. Of several shifts the nearest counts; all that are equally near do: two
officers on the roster with one camera at the same time are both covered by what it recorded.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from central.roster.csv_file import LONGEST_SHIFT

NOTHING = timedelta(0)
MARGIN = timedelta(hours=2)
"""People begin early and end late: a recording, or a call, so near to a shift is the shift's."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A camera in an officer's hands, by the roster."""

    shift_id: str
    officer: str
    camera: str
    starts_at: datetime
    ends_at: datetime
    unit: str

    def distance(self, at: datetime) -> timedelta:
        return max(self.starts_at - at, at - self.ends_at, NOTHING)


@dataclass(frozen=True, slots=True)
class Recording:
    """One video, on central's clock as far as offsets were measured."""

    asset_id: str
    camera: str
    began_at: datetime
    ended_at: datetime
    is_receipted: bool
    begin_is_known: bool = True
    """False: its beginning is its file's time of change, which may be its end."""
    end_is_known: bool = True


BEGAN, STARTS = attrgetter("began_at"), attrgetter("starts_at")


class Assignments:
    """The roster's shifts by camera and by officer."""

    def __init__(self, assignments: Iterable[Assignment]) -> None:
        self._by_camera: dict[str, list[Assignment]] = defaultdict(list)
        self._by_officer: dict[str, list[Assignment]] = defaultdict(list)
        for one in sorted(assignments, key=lambda one: (one.starts_at, one.shift_id)):
            self._by_camera[one.camera].append(one)
            self._by_officer[one.officer].append(one)

    def owners(self, camera: str, at: datetime) -> list[str]:
        """The officers who had this camera then; more than one where the roster cannot say which."""
        near = _near(self._by_camera.get(camera, ()), at, at)
        least = min((one.distance(at) for one in near), default=NOTHING)
        return list(dict.fromkeys(one.officer for one in near if one.distance(at) == least))

    def during(self, officer: str, begins: datetime, ends: datetime) -> list[Assignment]:
        """The officer's shifts in this span, the one that began first first: those that overlap it, or else those so
        near that nobody else's shift with their cameras is nearer."""
        near = _near(self._by_officer.get(officer, ()), begins, ends)
        overlapping = [one for one in near if one.starts_at <= ends and one.ends_at >= begins]
        return overlapping or [
            one for one in near if any(officer in self.owners(one.camera, at) for at in (begins, ends))
        ]


def _near(shifts: Sequence[Assignment], begins: datetime, ends: datetime) -> list[Assignment]:
    first = bisect_left(shifts, begins - MARGIN - LONGEST_SHIFT, key=STARTS)
    last = bisect_right(shifts, ends + MARGIN, key=STARTS)
    return [one for one in shifts[first:last] if one.ends_at + MARGIN >= begins]


class Footage:
    """Recordings by the officer whose they are."""

    def __init__(self, recordings: Iterable[Recording], assignments: Assignments) -> None:
        self._by_officer: dict[str, list[Recording]] = defaultdict(list)
        self._longest: dict[str, timedelta] = {}
        for one in sorted(recordings, key=lambda one: (one.began_at, one.asset_id)):
            for officer in assignments.owners(one.camera, one.began_at):
                self._by_officer[officer].append(one)
                lasted = one.ended_at - one.began_at
                self._longest[officer] = max(lasted, self._longest.get(officer, NOTHING))

    def overlapping(self, officer: str, begins: datetime, ends: datetime) -> list[Recording]:
        """The officer's recordings of which some instant lies in the span, its edges included."""
        own = self._by_officer.get(officer, [])
        if not own:
            return []
        first = bisect_left(own, begins - self._longest[officer], key=BEGAN)
        last = bisect_right(own, ends, key=BEGAN)
        return [one for one in own[first:last] if one.ended_at >= begins]
