"""What truly happened: shifts, their returns, calls and recordings, and why a recording is missing. Pure: the
same size and seed give the same department.

The shares of the audit of April 2022 are planted by counting, and placed by dice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from simulator.kansas_city.city import DAY, HOUR, MINUTE, UNITS, ZONE
from simulator.kansas_city.plan import LENGTH

FIRST, CALLS_FROM, UNTIL = (datetime(2021, month, 1, tzinfo=ZONE) for month in (1, 7, 9))
"""Videos are of January to August, dispatches of July and August."""
LATE_PER_MILLE = 70
MISSING_PER_MILLE = 200
LATE_START_PER_MILLE, EARLY_END_PER_MILLE = 49, 110
"""Of calls with a recording. The audit: 11 of 98 videos ended before the call did."""


class Fate(StrEnum):
    """What is planted for a dispatch; the values of missing ones are the causes that central must find."""

    COVERED = "covered"
    LATE_START = "late_start"
    EARLY_END = "early_end"
    CAMERA_NOT_DOCKED = "camera_not_docked"
    IN_BACKLOG = "in_backlog"
    DOCUMENTED_EXCEPTION = "documented_exception"
    NO_CAMERA_ASSIGNED = "no_camera_assigned"
    STATION_NOT_WATCHING = "station_not_watching"
    UNEXPLAINED = "unexplained"


COVERING = (Fate.COVERED, Fate.LATE_START, Fate.EARLY_END)
LAST_SHIFTS = {Fate.CAMERA_NOT_DOCKED: 60, Fate.STATION_NOT_WATCHING: 25, Fate.IN_BACKLOG: 40}
"""Per mille of cameras whose last shift left its footage on the card, each in its own way."""
OTHERS = {Fate.DOCUMENTED_EXCEPTION: 125, Fate.NO_CAMERA_ASSIGNED: 50}
"""Per mille of the missing. What is left is unexplained."""


class Bad(StrEnum):
    """What a CAD export does to a row, by the rule that central must name."""

    NO_OFFICER = "no_officer"
    NEVER_DISPATCHED = "never_dispatched"
    NOT_CLEARED = "not_cleared"
    CLEARED_BEFORE_IT_BEGAN = "cleared_before_it_began"
    TOO_LONG = "too_long"
    UNKNOWN_OFFICER = "unknown_officer"


BAD_PER_MILLE = 4
"""Of each kind, beside the dispatches that count."""


@dataclass(frozen=True)
class Size:
    cameras: int = 800
    videos: int = 325_000
    dispatches: int = 102_569
    seed: int = 1


@dataclass(slots=True)
class Shift:
    """A shift of the one officer who has this camera."""

    shift_id: str
    number: int
    """Its camera's, and its officer's."""
    starts_at: datetime
    docked_at: datetime | None
    """The return; None: not yet."""
    left: Fate | None = None
    """Why its footage is not here."""
    is_late: bool = False

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + LENGTH

    @property
    def officer(self) -> str:
        return officer_of(self.number)

    @property
    def camera(self) -> str:
        return f"KC{self.number:04}"

    @property
    def unit(self) -> str:
        return UNITS[self.number % len(UNITS)]


@dataclass(slots=True)
class Call:
    dispatch_id: str
    officer: str
    begins_at: datetime
    arrived_at: datetime
    cleared_at: datetime
    fate: Fate
    shift: Shift | None
    is_before: bool = False
    """Its exception was documented before it began."""


@dataclass(slots=True)
class Video:
    shift: Shift
    began_at: datetime
    ended_at: datetime


@dataclass
class History:
    size: Size
    shifts: list[Shift] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    videos: list[Video] = field(default_factory=list)
    bad: dict[Bad, int] = field(default_factory=dict)


def officer_of(number: int) -> str:
    return f"{number:04}"


def station_of(shift: Shift, stations: int) -> str:
    return f"station-{shift.number % stations + 1}"


def plant(size: Size) -> History:
    """The whole department."""
    dice = random.Random(f"history {size.seed}")
    history = History(size)
    for number in range(1, size.cameras + 1):
        history.shifts += _career(number, dice)
    _choose_late(history, dice)
    _leave_out(history, dice)
    _call(history, dice)
    _film(history, dice)
    history.bad = {bad: max(1, size.dispatches * BAD_PER_MILLE // 1000) for bad in Bad}
    return history


def _career(number: int, dice: random.Random) -> Iterator[Shift]:
    """Shifts on about every other day, so far apart that a camera that is late is back before the next one."""
    at = FIRST + timedelta(hours=dice.choice((7, 15, 23)))
    serial = 0
    while at + LENGTH < UNTIL - DAY:
        serial += 1
        utc = at.astimezone(ZoneInfo("UTC"))
        yield Shift(f"{number:04}-{serial:03}", number, utc, utc + LENGTH + dice.uniform(2, 200) * MINUTE)
        at += dice.choice((1, 2, 3)) * DAY


def _choose_late(history: History, dice: random.Random) -> None:
    """About 7 in 100 of all returns, one to five days late; whoever is late is off until the camera is back."""
    wanted = len(history.shifts) * LATE_PER_MILLE // 1000
    while wanted:
        shift = dice.choice(history.shifts)
        if shift.is_late:
            continue
        shift.is_late = True
        wanted -= 1
    kept: list[Shift] = []
    back: dict[int, datetime] = {}
    for shift in history.shifts:
        if shift.starts_at < back.get(shift.number, shift.starts_at):
            continue
        if shift.is_late:
            shift.docked_at = shift.ends_at + DAY + dice.uniform(1, 5) * DAY
            back[shift.number] = shift.docked_at + HOUR
        kept.append(shift)
    history.shifts = kept


def _leave_out(history: History, dice: random.Random) -> None:
    """Some cameras' last shift left its footage on the card: not docked, not watched, or docked and not copied."""
    last = {shift.number: shift for shift in history.shifts}
    free = [shift for shift in last.values() if not shift.is_late]
    dice.shuffle(free)
    for fate, per_mille in LAST_SHIFTS.items():
        for _ in range(max(1, history.size.cameras * per_mille // 1000)):
            shift = free.pop()
            shift.left = fate
            if fate is not Fate.IN_BACKLOG:
                shift.docked_at = None


def _call(history: History, dice: random.Random) -> None:
    """Dispatches, none beside another of the same officer: of each shift of July and August a few."""
    shifts = [shift for shift in history.shifts if shift.starts_at >= CALLS_FROM]
    each, rest = divmod(history.size.dispatches, len(shifts))
    missing = history.size.dispatches * MISSING_PER_MILLE // 1000
    calls: list[Call] = []
    for place, shift in enumerate(shifts):
        wanted = each + (place < rest)
        slot = (LENGTH - 20 * MINUTE) / max(1, wanted)
        for number in range(wanted):
            begins = shift.starts_at + 10 * MINUTE + number * slot + dice.uniform(0, 0.2) * slot
            lasts = slot * dice.uniform(0.4, 0.7)
            arrived = begins + lasts * 0.2
            fate = shift.left or Fate.COVERED
            calls.append(
                Call(f"{shift.shift_id}-{number}", shift.officer, begins, arrived, begins + lasts, fate, shift)
            )
    open_ = [call for call in calls if call.fate is Fate.COVERED]
    dice.shuffle(open_)
    left = missing - (len(calls) - len(open_))
    fates = [fate for fate, per_mille in OTHERS.items() for _ in range(missing * per_mille // 1000)]
    fates += [Fate.UNEXPLAINED] * (left - len(fates))
    found = len(open_) - len(fates)
    fates += [Fate.LATE_START] * (found * LATE_START_PER_MILLE // 1000)
    fates += [Fate.EARLY_END] * (found * EARLY_END_PER_MILLE // 1000)
    for call, fate in zip(open_, fates, strict=False):
        call.fate = fate
        call.is_before = fate is Fate.DOCUMENTED_EXCEPTION and dice.random() < 0.5
        if fate is Fate.NO_CAMERA_ASSIGNED:
            _without_camera(call, history.size)
    history.calls = calls


def _without_camera(call: Call, size: Size) -> None:
    """Somebody whom the roster knows and never gives a camera was sent."""
    call.officer, call.shift = officer_of(size.cameras + 1 + int(call.officer) % 40), None


def _film(history: History, dice: random.Random) -> None:
    """One recording for each call that has one; the others lie between calls, or in months without calls."""
    videos = [_of_call(call) for call in history.calls if call.fate in COVERING and call.shift is not None]
    before = [shift for shift in history.shifts if shift.starts_at < CALLS_FROM]
    wanted = history.size.videos - len(videos)
    each, rest = divmod(max(0, wanted), len(before))
    for place, shift in enumerate(before):
        count = each + (place < rest)
        slot = LENGTH / max(1, count)
        for number in range(count):
            began = shift.starts_at + number * slot
            videos.append(Video(shift, began, began + slot * dice.uniform(0.1, 0.9)))
    history.videos = videos


def _of_call(call: Call) -> Video:
    shift = call.shift
    if shift is None:
        raise ValueError("nobody's recording")
    began, ended = call.begins_at, call.cleared_at
    if call.fate is Fate.LATE_START:
        began = call.arrived_at + (call.cleared_at - call.arrived_at) / 2
    if call.fate is Fate.EARLY_END:
        ended = call.arrived_at + (call.cleared_at - call.arrived_at) / 2
    return Video(shift, began, ended)


def judged(history: History) -> dict[str, int]:
    """How many shifts central must call what."""
    told = {"on_time": 0, "late": 0, "outstanding": 0, "indeterminate": 0}
    for shift in history.shifts:
        told[verdict_of(shift)] += 1
    return told


def verdict_of(shift: Shift) -> str:
    if shift.docked_at is not None:
        return "late" if shift.is_late else "on_time"
    return "indeterminate" if shift.left is Fate.STATION_NOT_WATCHING else "outstanding"


def late_videos(videos: Sequence[Video]) -> int:
    """Recordings that arrived more than 24 h after they ended: those of late returns, and none other."""
    return sum(video.shift.is_late for video in videos)
