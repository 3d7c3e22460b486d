"""A small world, minute by minute: where one camera truly is, who has it, and what its stations can see and tell.

Nothing in here or in `oracle` uses the rule. A minute `t` is an instant; a camera that is docked from `t` to `u` is
in its bay at every minute from `t` to `u`, both included.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

OUT = -1
OFFLINE_AFTER = 10
RELEVANT_FOR = 150
DROP_TAKES = 5
"""Files lie in the drop folder less than so many minutes after the camera docked."""


@dataclass
class Post:
    """A shift as the roster has it."""

    officer: str
    start: int
    end: int


@dataclass
class Slot:
    """A bay: at which minutes it was watched."""

    station: int
    alive: list[bool]


@dataclass
class Place:
    """A station: its clock's error and the error it admits, and what of it has reached central."""

    is_home: bool
    error: int = 0
    uncertainty: int = 0
    linked_until: int = 0
    """Nothing that it recorded later is known."""
    heard_at: int | None = None
    drop_folder: bool = False
    polls: bool = False
    """It lists its bays every minute instead of hearing each dock and undock at once."""


@dataclass
class Told:
    """One dock session as told by its station, on that station's clock."""

    slot: int
    absent_until: int | None
    seen_at: int
    last_present: int | None = None
    absent_at: int | None = None
    proves_dock: bool = True


@dataclass
class World:
    grace: int
    tolerance: int
    merge_gap: int
    early: int
    now: int
    posts: list[Post]
    places: list[Place]
    slots: list[Slot]
    where: list[int]
    """At each minute the slot that holds the camera, or OUT."""
    hand_overs: set[int] = field(default_factory=set)
    """Minutes at which whoever has the camera gives it to the officer who came last."""
    forgetful: set[int] = field(default_factory=set)
    """Slots of stations that come back from every outage with a new ledger."""

    def told(self) -> list[Told]:
        """What central has heard of docks."""
        sessions = []
        for slot in range(len(self.slots)):
            place = self.places[self.slots[slot].station]
            sessions += _arrivals(self, slot) if place.drop_folder else _seen(self, slot, place)
        return sessions

    def watched(self, slot: int) -> list[tuple[int, int]]:
        """What central has heard of when this bay was watched, on its station's clock."""
        place = self.places[self.slots[slot].station]
        if place.drop_folder:
            return []
        alive = [minute for minute in range(place.linked_until + 1) if self.slots[slot].alive[minute]]
        spans: list[tuple[int, int]] = []
        for minute in alive:
            if spans and spans[-1][1] == minute - 1:
                spans[-1] = (spans[-1][0], minute)
            else:
                spans.append((minute, minute))
        return [(since + place.error, until + place.error) for since, until in spans]


def _seen(world: World, slot: int, place: Place) -> list[Told]:
    """The station's own book-keeping, minute by minute, as far as its link let it through."""
    alive, error = world.slots[slot].alive, place.error
    sessions: list[Told] = []
    live: Told | None = None
    last: int | None = None
    for minute in range(place.linked_until + 1):
        if not alive[minute]:
            continue
        unbroken = last is not None and last == minute - 1
        here = world.where[minute] == slot
        if live and here and not unbroken and slot in world.forgetful:
            live.last_present, live.absent_at = _on(last, error), minute + error
            live = Told(slot, None, minute + error)
            sessions.append(live)
        elif live and not here:
            left = minute if place.polls or not unbroken else last
            live.last_present, live.absent_at = _on(last, error), _on(left, error)
            live = None
        if here and not live:
            before = minute if unbroken and not place.polls else last
            live = Told(slot, _on(before, error), minute + error)
            sessions.append(live)
        last = minute
    return sessions


def _arrivals(world: World, slot: int) -> list[Told]:
    """Vendor software drops the files a few minutes after the camera docked."""
    sessions, place = [], world.places[world.slots[slot].station]
    for minute in range(world.now + 1):
        docked = world.where[minute] == slot and (minute == 0 or world.where[minute - 1] != slot)
        dropped = minute + minute * 7 % DROP_TAKES
        if docked and dropped <= place.linked_until and world.slots[slot].alive[dropped]:
            sessions.append(Told(slot, None, dropped + place.error, proves_dock=False))
    return sessions


def _on(minute: int | None, error: int) -> int | None:
    return None if minute is None else minute + error


def make_world(dice: random.Random) -> World:
    """A world in which much happens within a minute of the instants that matter."""
    grace = dice.choice((8, 20, 40, 60))
    early, merge_gap = dice.choice((0, 5, 15)), dice.choice((0, 10, 20))
    posts = _roster(dice)
    deadline = max(post.end for post in posts) + grace
    now = max(1, deadline + (dice.randint(-1, 1) if dice.random() < 0.1 else dice.randint(-50, 60)))
    matter = sorted({minute for p in posts for minute in (p.start, p.start - early, p.end, p.end + grace)})
    is_clear = dice.random() < 0.35
    places = [_place(dice, number, now, is_clear) for number in range(dice.choice((1, 2, 2, 3)))]
    bays = [number for number in range(len(places)) for _ in range(dice.choice((1, 1, 2)))]
    slots = [Slot(station, [True] * (now + 1)) for station in bays]
    tolerance = dice.choice((0, 3, 6, 10))
    world = World(grace, tolerance, merge_gap, early, now, posts, places, slots, _walk(dice, slots, matter, now))
    if not is_clear:
        _dim(dice, world, matter)
    world.hand_overs = {dice.randint(0, now) for _ in range(dice.choice((0, 0, 1, 2)))}
    return world


def _roster(dice: random.Random) -> list[Post]:
    start, posts = dice.randint(5, 60), []
    officers = dice.choice(("A", "A", "AB", "AB", "ABC"))
    for _ in range(dice.choice((1, 2, 2, 3, 4))):
        end = start + dice.randint(10, 60)
        posts.append(Post(dice.choice(officers), start, end))
        start = max(1, end + dice.choice((-10, -3, 0, 0, 1, 5, 10, 11, 20, 21, 45, 80)))
        if dice.random() < 0.05:
            start = posts[-1].start  # two shifts begin at once
    return posts


def _near(dice: random.Random, matter: list[int], now: int) -> int:
    if dice.random() < 0.7:
        return min(now, max(0, dice.choice(matter) + dice.choice((-2, -1, 0, 0, 1, 2))))
    return dice.randint(0, now)


def _place(dice: random.Random, number: int, now: int, is_clear: bool) -> Place:
    place = Place(dice.random() < (0.1 if number else 0.95), linked_until=now, heard_at=now)
    if not is_clear:
        place.polls = dice.random() < 0.2
        place.uncertainty = dice.choice((0, 0, 0, 0, 0, 0, 1, 3, 8))
        place.error = dice.randint(-place.uncertainty, place.uncertainty)
        place.drop_folder = number > 0 and dice.random() < 0.15
    return place


def _walk(dice: random.Random, slots: list[Slot], matter: list[int], now: int) -> list[int]:
    """Docks and undocks at minutes that matter; sometimes docked from the first minute, sometimes to the last."""
    where = [OUT] * (now + 1)
    minutes = sorted({_near(dice, matter, now) for _ in range(dice.choice((0, 1, 2, 2, 3, 4, 4, 6)))})
    if dice.random() < 0.4:
        minutes = [0, *minutes]
    for since, until in zip(minutes[0::2], [*minutes[1::2], now], strict=False):
        slot = dice.randrange(len(slots)) if dice.random() < 0.4 else 0
        where[since : until + 1] = [slot] * (until - since + 1)
    return where


def _dim(dice: random.Random, world: World, matter: list[int]) -> None:
    """Stations go down, bays fail, links break, ledgers are lost."""
    now = world.now
    if dice.random() < 0.2:
        _hide(dice, world)
    if dice.random() < 0.1:
        _flicker(dice, world)
    for number, place in enumerate(world.places):
        own = [slot for slot in world.slots if slot.station == number]
        for _ in range(dice.choice((0, 0, 0, 1, 1, 2, 3))):
            _cut(dice, own, matter, now)
        if dice.random() < 0.15:
            _cut(dice, [dice.choice(own)], matter, now)
        if dice.random() < 0.15:
            place.linked_until = _near(dice, matter, now)
        spoke = [minute for minute in range(place.linked_until + 1) if own[0].alive[minute]]
        place.heard_at = spoke[-1] if spoke else None
        if place.linked_until < now and dice.random() < 0.2:
            place.heard_at = now  # it lives, and its events are still to come
    world.forgetful = {slot for slot in range(len(world.slots)) if dice.random() < 0.1}


def _hide(dice: random.Random, world: World) -> None:
    """A station is down just when the camera is out, and finds it where it was."""
    out = [t for t in range(1, world.now) if world.where[t] == OUT]
    left = [t for t in out if world.where[t - 1] != OUT]
    if not left:
        return
    since = dice.choice(left)
    back = next((t for t in range(since, world.now + 1) if world.where[t] != OUT), None)
    if back is not None and world.where[back] == world.where[since - 1]:
        station = world.slots[world.where[back]].station
        until = min(world.now, back + dice.choice((0, 0, 1, 3)))
        for slot in (one for one in world.slots if one.station == station):
            slot.alive[since:until] = [False] * (until - since)


def _flicker(dice: random.Random, world: World) -> None:
    """A station restarts twice while a return is awaited; each time for about as long as is tolerated."""
    post, station = dice.choice(world.posts), dice.randrange(len(world.places))
    for place in range(2):
        since = post.end + world.grace * (1 + 2 * place) // 4
        until = since + max(1, world.tolerance - dice.randint(1, 6))
        for slot in (one for one in world.slots if one.station == station):
            slot.alive[since:until] = [False] * max(0, min(until, world.now + 1) - since)


def _cut(dice: random.Random, slots: list[Slot], matter: list[int], now: int) -> None:
    since = _near(dice, matter, now)
    until = since + dice.choice((1, 1, 2, 2, 3, 4, 5, 8, 9, 15, 40, now))
    for slot in slots:
        slot.alive[since : until + 1] = [False] * (min(until, now) - since + 1)
