"""What goes wrong in a fleet within a month, beside the outages of the simulated city: so many of each for 40
stations and 30 days, at moments and places that the seed draws."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.kansas_city.city import DAY, HOUR, MINUTE, Size, Station


@dataclass(frozen=True)
class Usual:
    """One sort of trouble: how often in a month of 40 stations, and how long it lasts."""

    sort: str
    times: int
    shortest: timedelta
    longest: timedelta


USUAL = (
    Usual("loop_stuck", 3, 10 * MINUTE, 90 * MINUTE),
    Usual("disk_low", 3, 4 * HOUR, 30 * HOUR),
    Usual("clock_off", 3, 2 * HOUR, 20 * HOUR),
    Usual("bay_trouble", 8, 10 * MINUTE, 5 * HOUR),
    Usual("bad_cable", 2, 4 * HOUR, 9 * HOUR),
    Usual("card_unreadable", 8, 30 * MINUTE, 16 * HOUR),
    Usual("put_aside", 6, 4 * HOUR, 3 * DAY),
    Usual("unknown_camera", 4, MINUTE, 2 * MINUTE),
    Usual("crash_loop", 1, 40 * MINUTE, 80 * MINUTE),
    Usual("other_setup", 2, 6 * HOUR, 3 * DAY),
    Usual("revoked_pc", 1, 2 * HOUR, 20 * HOUR),
    Usual("two_pcs", 1, HOUR, 3 * HOUR),
    Usual("site_dark", 1, 2 * HOUR, 4 * HOUR),
    Usual("central_away", 2, 20 * MINUTE, 3 * HOUR),
    Usual("no_roster", 1, 40 * HOUR, 60 * HOUR),
)


@dataclass(frozen=True)
class Trouble:
    sort: str
    station: Station
    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


def troubles_of(size: Size, stations: Sequence[Station], dice: random.Random) -> list[Trouble]:
    """Scaled to the fleet's size and the length of the month; at least one of each sort."""
    scale = len(stations) / 40 * size.days / 30
    found = []
    for usual in USUAL:
        for _ in range(max(1, round(usual.times * scale))):
            since = size.from_ + dice.uniform(0.5, max(0.6, size.days - 1)) * DAY
            lasts = dice.uniform(usual.shortest / MINUTE, usual.longest / MINUTE) * MINUTE
            found.append(Trouble(usual.sort, dice.choice(stations), since, since + lasts))
    return found
