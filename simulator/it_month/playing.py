"""Plays the month against a real central's alarm watch, moment by moment, and counts what came of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from simulator.it_month.fleet import FLAPS, Fleet, file_of, mended
from simulator.it_month.troubles import Trouble, troubles_of
from simulator.kansas_city.at_central import Central
from simulator.kansas_city.city import CAMERAS_PER_STATION, DAY, MINUTE, Outage, Size, Station, stations_of

QUIET = 3 * 60 * MINUTE
"""While nothing changes central is looked at so often: an alarm's own times are minutes to hours."""
AFTER = (0, 2, 6, 15, 17)
"""Minutes after each change at which central is looked at: the limits of its alarms and of their telling."""
IT = "it@kc.example"
ROWS = ("put_aside", "unknown_camera")


@dataclass(frozen=True)
class Month:
    """What came of it."""

    stations: int
    days: int
    seed: int
    outages: dict[str, int]
    troubles: dict[str, int]
    opened: dict[str, int]
    """Alarms by kind."""
    told: dict[str, int]
    """Those of them that were mailed by themselves."""
    mails: dict[str, int]
    """By what they are: new, over, still open, weekly."""
    most_in_a_day: int
    days_without: int


def play(root: Path, stations: int, days: int, seed: int, say: Callable[[str], None]) -> Month:
    """
    Raises:
        DirInUse: `root` holds something already.
    """
    size = Size(stations * CAMERAS_PER_STATION, days, seed)
    dice = random.Random(seed)
    fleet_of = stations_of(size, dice)
    troubles = troubles_of(size, fleet_of, dice)
    central = Central(root, size.from_ - DAY)
    central.add_stations(fleet_of, size.from_)
    watch = _Watch(size.from_ - DAY)
    _enrol(fleet_of, size.from_)
    fleet = Fleet(fleet_of, troubles, size.from_, watch.config.stations)
    for day, at in _moments(size, fleet_of, troubles):
        if day:
            say(f"day {day} of {days}")
        _rows(troubles, at)
        if not any(one.sort == "central_away" and one.holds(at) for one in troubles):
            fleet.moment(at)
            watch.look(at, [one.until for one in troubles if one.sort == "central_away"])
    return _counted(size, fleet_of, troubles)


class _Watch:
    """Central's own, as its alert worker has it; a new one whenever central was away."""

    def __init__(self, up_since: datetime) -> None:
        from central.alarms.watch import AlarmWatch
        from central.config import Alarms, CentralConfig, Notices

        self._make = AlarmWatch
        self.config = CentralConfig(notices=Notices(it_recipients=(IT,)), alarms=Alarms(disk_low=2**30))  # type: ignore[arg-type]
        self._watch = AlarmWatch(self.config, up_since)

    def look(self, at: datetime, back_at: list[datetime]) -> None:
        came_back = max((one for one in back_at if one <= at), default=None)
        if came_back is not None and came_back > self._watch.up_since:
            self._watch = self._make(self.config, came_back)
        self._watch.look(at, at)


def _enrol(stations: tuple[Station, ...], at: datetime) -> None:
    from central.fleet.models import Credential
    from central.fleet.models import Station as Row

    for one in stations:
        Row.objects.filter(pk=one.name).update(site=one.unit)
        more = {"created_at": at, "used_at": at, "expires_at": at + 3650 * DAY}
        Credential.objects.create(station_id=one.name, token_sha256=one.name, public_key="", **more)


def _rows(troubles: list[Trouble], at: datetime) -> None:
    from central.roster.models import RosterImport

    for one in troubles:
        if one.sort in ROWS and one.since == at:
            file_of(one)
        if one.sort in ROWS and one.until == at:
            mended(one)
    is_morning = at.hour == 6 and at.minute == 0
    if is_morning and not any(one.sort == "no_roster" and one.holds(at) for one in troubles):
        RosterImport.objects.create(brought_at=at, brought_by="folder", sha256="", state=RosterImport.APPLIED)


def _moments(size: Size, stations: tuple[Station, ...], troubles: list[Trouble]) -> list[tuple[int, datetime]]:
    """When something changes, and a while after; every three hours; with the number of a day at its first moment."""
    spans: list[Outage | Trouble] = [one for station in stations for one in station.outages]
    spans += troubles
    changes = {at for one in spans for at in (one.since, one.until)}
    moments = {at + minutes * MINUTE for at in changes for minutes in AFTER}
    for one in troubles:
        if one.sort in ("bad_cable", "crash_loop", "two_pcs", "revoked_pc"):
            step = {"bad_cable": FLAPS, "revoked_pc": 10 * MINUTE}.get(one.sort, 4 * MINUTE)
            moments |= {one.since + number * step for number in range((one.until - one.since) // step)}
    moments |= {size.from_ + number * QUIET for number in range(size.days * 8)}
    days = {size.from_ + number * DAY: number for number in range(1, size.days)}
    return [(days.get(at, 0), at) for at in sorted(moments) if size.from_ <= at < size.from_ + size.days * DAY]


def _counted(size: Size, stations: tuple[Station, ...], troubles: list[Trouble]) -> Month:
    from central.alarms.models import Alarm
    from central.notices.models import Notice

    alarms = list(Alarm.objects.values_list("kind", "told_at"))
    mails = list(Notice.objects.values_list("subject", "created_at"))
    days = Counter((at - size.from_) // DAY for _, at in mails)
    ends = size.from_ + size.days * DAY
    planted = [one.kind.value for station in stations for one in station.outages if one.since < ends]
    return Month(
        len(stations),
        size.days,
        size.seed,
        _sorted(Counter(planted)),
        _sorted(Counter(one.sort for one in troubles)),
        _sorted(Counter(kind for kind, _ in alarms)),
        _sorted(Counter(kind for kind, told_at in alarms if told_at is not None)),
        _sorted(Counter(_what(subject) for subject, _ in mails)),
        max(days.values(), default=0),
        size.days - len(days),
    )


def _what(subject: str) -> str:
    if subject.startswith("[Dock] Over"):
        return "over"
    said = subject.removeprefix("[Dock] IT: ")
    if said.startswith(("the week", "all accounted")):
        return "weekly"
    return "still open" if said.startswith("still open") else "new"


def _sorted(counts: Counter[Any]) -> dict[str, int]:
    return dict(sorted(counts.items()))
