"""The city: its units, stations and cameras, and when a station could not see or could not speak."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("America/Chicago")
FIRST_DAY = datetime(2021, 7, 1, tzinfo=ZONE)
"""The audit looked at July and August 2021."""
UNITS = ("Central", "East", "Metro", "North", "Shoal Creek", "South", "Traffic", "Special Operations")
CAMERAS_PER_STATION = 20
UNCERTAINTY = timedelta(milliseconds=20)
"""How well each station's clock is measured."""
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


class Kind(StrEnum):
    """Why a station did not watch, or did not tell."""

    DARK = "dark"
    """No power: it sees nothing, and finds what is there when it is back."""
    RESTART = "restart"
    """Its agent is updated: two minutes."""
    CUT = "cut"
    """It watches, and nothing of what it says arrives until the line is back."""


@dataclass(frozen=True)
class Outage:
    kind: Kind
    since: datetime
    until: datetime


@dataclass(frozen=True)
class Station:
    name: str
    unit: str
    ahead_ms: float
    """What its clock shows more than the time that it is."""
    outages: tuple[Outage, ...]
    """In order of time; no two overlap."""

    def blind(self) -> list[Outage]:
        return [one for one in self.outages if one.kind is not Kind.CUT]

    def blind_at(self, instant: datetime) -> Outage | None:
        return next((one for one in self.blind() if one.since <= instant < one.until), None)

    def cut_at(self, instant: datetime) -> Outage | None:
        cuts = (one for one in self.outages if one.kind is Kind.CUT)
        return next((one for one in cuts if one.since <= instant < one.until), None)


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    cameras: int = 800
    days: int = 62
    seed: int = 1

    @property
    def stations(self) -> int:
        return max(2, self.cameras // CAMERAS_PER_STATION)

    @property
    def from_(self) -> datetime:
        return FIRST_DAY

    @property
    def until(self) -> datetime:
        """The last shift has begun by then."""
        return FIRST_DAY + self.days * DAY

    @property
    def settled(self) -> datetime:
        """Every planted return has been told by then."""
        return self.until + 10 * DAY


def stations_of(size: Size, dice: random.Random) -> tuple[Station, ...]:
    return tuple(_station(number, size, dice) for number in range(size.stations))


def _station(number: int, size: Size, dice: random.Random) -> Station:
    unit = UNITS[number % len(UNITS)]
    name = f"{unit.lower().replace(' ', '-')}-{number // len(UNITS) + 1}"
    ahead_ms, outages = round(dice.uniform(-2000, 2000), 1), _outages(size, dice)
    if number == 0:  # however small the city: one station is dark for a day and a half
        outages = _apart([_outage(Kind.DARK, size.from_ + size.days / 2 * DAY, 36 * HOUR), *outages])
    return Station(name, unit, ahead_ms, outages)


def _outages(size: Size, dice: random.Random) -> tuple[Outage, ...]:
    """About one week dark in a hundred, a line that breaks twice a month, an update every other week."""
    found: list[Outage] = []
    for day in range(1, size.days + 3):
        chance, at = dice.random(), size.from_ + day * DAY
        if chance < 0.007:
            found.append(_outage(Kind.DARK, at + dice.uniform(0, 24) * HOUR, dice.uniform(8, 72) * HOUR))
        elif chance < 0.07:
            found.append(_outage(Kind.CUT, at + dice.uniform(0, 24) * HOUR, dice.uniform(0.2, 40) * HOUR))
        elif chance < 0.14:
            found.append(_outage(Kind.RESTART, at + 4 * HOUR + dice.uniform(0, 30) * MINUTE, 2 * MINUTE))
    return _apart(found)


def _outage(kind: Kind, since: datetime, length: timedelta) -> Outage:
    return Outage(kind, since, since + length)


def _apart(outages: Sequence[Outage]) -> tuple[Outage, ...]:
    kept: list[Outage] = []
    for one in sorted(outages, key=lambda outage: outage.since):
        if not kept or one.since > kept[-1].until + HOUR:
            kept.append(one)
    return tuple(kept)
