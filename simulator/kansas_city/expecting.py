"""What central must say of each shift, if it says all that the stations could see and nothing more.

Thought out from what was planted and when stations were blind, without the rule that is tried.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulator.kansas_city.city import DAY, MINUTE, UNCERTAINTY, Outage, Station
from simulator.kansas_city.plan import Plan, Post, Truth
from simulator.kansas_city.telling import Seen, seen_of

TOLERATED = 15 * MINUTE
EARLY = 60 * MINUTE
RELEVANT = 30 * DAY
UNKNOWN = "indeterminate"


@dataclass(frozen=True)
class Expected:
    verdict: str
    by: timedelta | None = None
    """How late, as the stations could prove it."""


@dataclass(frozen=True)
class Stretch:
    """What is proven of a dock without a break: it may have begun from `absent_until` on, and had by `seen_at`."""

    absent_until: datetime
    seen_at: datetime
    last_present_at: datetime | None
    """None: it lasts."""
    absent_at: datetime | None


@dataclass(frozen=True)
class Case:
    """A shift, with what was seen of its camera, and the shifts before and after with the same one."""

    post: Post
    before: Post | None
    after: Post | None
    stretches: Sequence[Stretch]
    relevant: Sequence[Station]

    @property
    def counts_from(self) -> datetime:
        """The next officer may take it a little before he begins."""
        if self.after is None:
            return self.post.ends_at
        return min(self.post.ends_at, max(self.post.starts_at, self.after.starts_at - EARLY))


def expected_of(plan: Plan) -> dict[str, Expected]:
    """By shift."""
    stations = {station.name: station for station in plan.stations}
    seen: dict[str, list[Seen]] = defaultdict(list)
    for one in seen_of(plan):
        seen[one.dock.camera].append(one)
    posts: dict[str, list[Post]] = defaultdict(list)
    for post in plan.posts:
        posts[post.camera].append(post)
    cases = (case for camera, own in posts.items() for case in _cases(own, seen[camera], stations))
    return {case.post.shift_id: _expected(case) for case in cases}


def _cases(posts: Sequence[Post], seen: Sequence[Seen], stations: dict[str, Station]) -> Iterable[Case]:
    stretches = [one for dock in seen for one in _stretches(dock, stations[dock.dock.station])]
    for place, post in enumerate(posts):
        yield Case(
            post,
            posts[place - 1] if place else None,
            posts[place + 1] if place + 1 < len(posts) else None,
            stretches,
            [stations[name] for name in sorted({post.home, *_docked_lately(post, seen)})],
        )


def _expected(case: Case) -> Expected:
    """What acquits comes first."""
    deadline, counts_from = case.post.deadline, case.counts_from
    there = [
        one
        for one in case.stretches
        if one.last_present_at is None or one.last_present_at - UNCERTAINTY >= counts_from
    ]
    if any(one.seen_at + UNCERTAINTY <= case.post.starts_at for one in there) or _never_had_it(case, there):
        return Expected(Truth.NO_DUTY)
    if any(one.seen_at + UNCERTAINTY <= deadline for one in there):
        return Expected(Truth.ON_TIME)
    perhaps = (one for one in case.stretches if one.absent_at is None or one.absent_at + UNCERTAINTY >= counts_from)
    if any(one.absent_until - UNCERTAINTY <= deadline for one in perhaps):
        return Expected(UNKNOWN)
    if any(_blind(station, counts_from, deadline) > TOLERATED for station in case.relevant) or _another_has_it(case):
        return Expected(UNKNOWN)
    late = [one.absent_until - UNCERTAINTY for one in there if one.absent_until - UNCERTAINTY > deadline]
    return Expected(Truth.LATE, min(late) - deadline) if late else Expected(Truth.LOST)


def _never_had_it(case: Case, there: Iterable[Stretch]) -> bool:
    """The officer before kept it, and docked it himself before this shift was over, for all that was seen."""
    post = case.post
    docked = [one for one in there if post.starts_at < one.seen_at and one.seen_at + UNCERTAINTY <= post.ends_at]
    before = [one.absent_at for one in case.stretches if one.seen_at <= post.starts_at]
    his = bool(before) and before[-1] is not None and before[-1] + UNCERTAINTY < post.starts_at - EARLY
    return bool(docked) and his and _kept_by_the_one_before(case)


def _kept_by_the_one_before(case: Case) -> bool:
    before = case.before
    if before is None or before.officer == case.post.officer:
        return False
    return not any(before.starts_at < one.seen_at <= case.post.starts_at for one in case.stretches)


def _another_has_it(case: Case) -> bool:
    """Another officer may have it: the one before never docked it, or the next one's time came by the deadline."""
    after = case.after
    given_on = after is not None and after.officer != case.post.officer
    came = after is not None and after.starts_at - EARLY <= case.post.deadline
    return _kept_by_the_one_before(case) or (given_on and came)


def _stretches(seen: Seen, station: Station) -> Iterable[Stretch]:
    """A dock goes on across short blind spells; longer ones leave each side for itself."""
    last = seen.last_present_at
    inner = [one for one in station.blind() if one.since >= seen.seen_at and (last is None or one.until <= last)]
    absent_until, seen_at = seen.absent_until, seen.seen_at
    if _total(inner) > TOLERATED:
        for one in inner:
            yield Stretch(absent_until, seen_at, one.since, one.until)
            absent_until, seen_at = one.since, one.until
    yield Stretch(absent_until, seen_at, last, seen.absent_at)


def _docked_lately(post: Post, seen: Iterable[Seen]) -> set[str]:
    since = post.ends_at - RELEVANT
    return {
        one.dock.station
        for one in seen
        if one.absent_until <= post.ends_at and (one.absent_at is None or one.absent_at >= since)
    }


def _blind(station: Station, since: datetime, until: datetime) -> timedelta:
    """How long it was blind, in spells that reach into the span; each counts whole."""
    return _total(one for one in station.blind() if one.since < until and one.until > since)


def _total(spells: Iterable[Outage]) -> timedelta:
    return sum((one.until - one.since for one in spells), timedelta())
