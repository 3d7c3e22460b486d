"""Plays the city day by day into a real central, and compares what it says with what truly happened."""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from simulator.kansas_city.at_central import Central
from simulator.kansas_city.city import DAY, HOUR, Kind, Size
from simulator.kansas_city.comparing import Comparison, compare
from simulator.kansas_city.expecting import Expected, expected_of
from simulator.kansas_city.plan import Plan, Post, plan_city
from simulator.kansas_city.telling import Teller, moments, tellers

Say = Callable[[str], None]
WEEK = 7 * DAY
PLANTED = "planted.csv"


@dataclass
class Spent:
    """Seconds of computing, by what they went to."""

    planning: float = 0.0
    taking: float = 0.0
    """Events, heartbeats and rosters."""
    judging: float = 0.0
    longest_day_judged: float = 0.0


@dataclass
class Played:
    plan: Plan
    comparison: Comparison
    measures: dict[str, tuple[int, int]]
    """As central measures: numerator and denominator by name."""
    events: int
    rounds: int
    judged: int
    spent: Spent = field(default_factory=Spent)


def play(root: Path, size: Size, say: Say) -> Played:
    """Simulate it all.

    Raises:
        DirInUse: the folder is not empty. Nothing was changed.
    """
    spent, began = Spent(), time.process_time()
    central = Central(root, size.from_)
    plan = plan_city(size)
    speaking = tellers(plan)
    expected = expected_of(plan)
    spent.planning = time.process_time() - began
    say(f"planned {len(plan.posts)} shifts, {len(plan.docks)} docks, {sum(len(one.told) for one in speaking)} events")
    _play_days(central, plan, speaking, spent, say)
    write_planted(root / PLANTED, plan, expected)
    return Played(
        plan,
        compare(plan, expected, central.says()),
        central.measured(),
        sum(one.number for one in speaking),
        central.rounds,
        central.judged,
        spent,
    )


def _play_days(central: Central, plan: Plan, speaking: list[Teller], spent: Spent, say: Say) -> None:
    size = plan.size
    central.add_stations(plan.stations, size.from_ - DAY)
    previous, now = (size.from_ - 2 * DAY).astimezone(UTC), (size.from_ + 6 * HOUR).astimezone(UTC)
    while previous < size.settled:
        began = time.process_time()
        _bring_rosters(central, plan.posts, previous, now)
        _hear_all(central, speaking, previous, now)
        for post in plan.posts:
            if post.excuse and previous < post.deadline + 6 * HOUR <= now:
                central.excuse(post, now)
        heard = time.process_time()
        central.judge(now)
        judged = time.process_time()
        spent.taking += heard - began
        spent.judging += judged - heard
        spent.longest_day_judged = max(spent.longest_day_judged, judged - heard)
        say(f"{now:%a %d %b}: heard in {heard - began:.1f} s, judged in {judged - heard:.1f} s")
        previous, now = now, now + DAY


def _bring_rosters(central: Central, posts: tuple[Post, ...], previous: datetime, now: datetime) -> None:
    """A week ahead as planned; and each morning how yesterday's shifts really ended, where that is another end."""
    known_until = previous + WEEK if central.has_roster else previous - WEEK
    new = [one for one in posts if known_until < one.starts_at <= now + WEEK]
    if new:
        central.bring_roster(new, previous, actual=False)
    ended = [one for one in posts if previous < one.ends_at <= now and one.ends_at != one.rostered_end]
    if ended:
        central.bring_roster(ended, now, actual=True)


def _hear_all(central: Central, speaking: list[Teller], previous: datetime, now: datetime) -> None:
    for teller in speaking:
        for moment in moments(teller.station, previous, now):
            events = teller.until(moment)
            central.hear(teller.station.name, events, teller.beat(moment), moment)


def write_planted(path: Path, plan: Plan, expected: dict[str, Expected]) -> None:
    """The truth as rows, for whoever wants to compare for himself."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["shift_id", "truth", "docked_at", "late_by_seconds", "excuse", "expected"])
        for post in plan.posts:
            by = None if post.by is None else post.by.total_seconds()
            docked = None if post.docked_at is None else post.docked_at.isoformat()
            writer.writerow([post.shift_id, post.truth, docked, by, post.excuse, expected[post.shift_id].verdict])


def as_json(played: Played) -> str:
    size, counts = played.plan.size, {name: getattr(played, name) for name in ("events", "rounds", "judged")}
    told = {
        "size": asdict(size),
        **asdict(played.comparison),
        "measures": played.measures,
        "outages": outages(played.plan),
    }
    return json.dumps(told | counts | {"seconds": asdict(played.spent)}, indent=1, default=str)


def outages(plan: Plan) -> dict[str, Any]:
    """How many there were, and how long they lasted in all."""
    found = [one for station in plan.stations for one in station.outages]
    hours: Counter[str] = Counter()
    for one in found:
        hours[one.kind] += round((one.until - one.since) / timedelta(hours=1))
    return {kind.value: [sum(one.kind is kind for one in found), hours[kind]] for kind in Kind}
