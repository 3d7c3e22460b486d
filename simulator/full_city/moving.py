"""The planned city of `kansas_city`, moved in time so that its last days are today's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulator.kansas_city.city import DAY, Outage, Size, Station
from simulator.kansas_city.plan import Dock, Plan, Post, plan_city


@dataclass(frozen=True)
class City:
    """What is known of it at `now`."""

    now: datetime
    stations: tuple[Station, ...]
    posts: tuple[Post, ...]
    """Shifts up to a week ahead are in the roster."""
    docks: tuple[Dock, ...]
    """What was docked by now; a dock that ends later is open."""
    since: datetime


def city_until(now: datetime, size: Size) -> City:
    """The same size and seed give the same city, however late it is."""
    plan = plan_city(size)
    moved = _by_days(now, size)
    return City(
        now,
        tuple(replace(one, outages=tuple(_outage(outage, moved) for outage in one.outages)) for one in plan.stations),
        tuple(_post(one, moved, now) for one in plan.posts),
        tuple(_dock(one, moved, now) for one in plan.docks if one.since + moved <= now),
        _first(plan) + moved,
    )


def _first(plan: Plan) -> datetime:
    return plan.size.from_


def _by_days(now: datetime, size: Size) -> timedelta:
    """Whole days: a shift that began at seven still does."""
    return ((now + 2 * DAY - size.until) // DAY) * DAY


def _outage(one: Outage, moved: timedelta) -> Outage:
    return replace(one, since=one.since + moved, until=one.until + moved)


def _post(one: Post, moved: timedelta, now: datetime) -> Post:
    docked_at = None if one.docked_at is None or one.docked_at + moved > now else one.docked_at + moved
    return replace(
        one,
        starts_at=one.starts_at + moved,
        ends_at=one.ends_at + moved,
        rostered_end=one.rostered_end + moved,
        docked_at=docked_at,
        videos=(),
    )


def _dock(one: Dock, moved: timedelta, now: datetime) -> Dock:
    until = None if one.until is None or one.until + moved > now else one.until + moved
    return replace(one, since=one.since + moved, until=until)
