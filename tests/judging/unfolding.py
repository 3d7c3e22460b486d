"""The worlds of `tests/timeliness` as they unfold: events, heartbeats, corrections, excuses, minute by minute."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from central.config import CentralConfig, Lateness, Stations
from central.judging.excuses import excuse_camera, excuse_shift, withdraw_excuse
from central.judging.models import Excuse
from central.roster.shifts import correct
from protocol import events as e
from protocol.messages import ClockReading
from tests.central.station_client import Chain
from tests.roster.rows import bring, shift
from tests.timeliness.world import OFFLINE_AFTER, OUT, World
from tests.watching.telling import Telling, at

SPACE = uuid.UUID("0d9e3a52-7a51-4f5e-9a0e-5a1f6a3c1f11")
BY = "pat@pd.example"
AFTERWARDS = 80
"""Minutes."""


@dataclass
class Clocked(Telling):
    """A station whose clock is as good as it admits, and known only after its first minutes."""

    uncertainty: int = 0
    measured_from: int = 0

    def clock(self, minute: float) -> ClockReading:
        said = super().clock(minute)
        is_known = minute >= self.measured_from
        return ClockReading(
            wall=said.wall,
            monotonic_ns=said.monotonic_ns,
            boot_id=said.boot_id,
            offset_ms=said.offset_ms if is_known else None,
            uncertainty_ms=self.uncertainty * 60_000.0 if is_known else None,
        )


@dataclass
class Post:
    """One station of the world at one minute after the other."""

    world: World
    number: int
    prefix: str
    camera: str
    dice: random.Random
    telling: Clocked = field(init=False)
    live: dict[int, uuid.UUID] = field(default_factory=dict)
    told: int = 0
    last_alive: int | None = None
    stopped: bool = True
    unwatched: set[int] = field(default_factory=set)
    ledgers: int = 0

    def __post_init__(self) -> None:
        place = self.world.places[self.number]
        self.telling = Clocked(f"{self.prefix}s{self.number}", place.error * 60_000.0, chain=self._new_chain())
        self.telling.uncertainty = place.uncertainty
        self.telling.measured_from = self.dice.choice((0, 0, 0, self.world.now // 2))
        self.slots = [number for number, slot in enumerate(self.world.slots) if slot.station == self.number]
        is_calm = self.dice.random() < 0.7
        self.link_breaks, self.stops = (0.0, 0.0) if is_calm else (0.05, 0.01)
        self.forgets = any(slot in self.world.forgetful for slot in self.slots)

    def live_through(self, minute: int) -> None:
        alive = [slot for slot in self.slots if self.world.slots[slot].alive[minute]]
        if alive:
            if self.last_alive != minute - 1 or self.stopped:
                self._start(minute)
            self._bays(minute, set(alive))
            for slot in alive:
                self._look(minute, slot)
            self.last_alive = minute
            if self.dice.random() < self.stops:
                self._stop(minute)
        self._speak(minute, is_alive=bool(alive))

    def _start(self, minute: int) -> None:
        if self.last_alive is not None and self.forgets:
            self.telling.chain, self.telling.unsent = self._new_chain(), []  # what was not sent is lost with it
            self.live, self.unwatched = {}, set()
        elif self.last_alive is not None and not self.stopped:
            self.telling.stop(minute, self.last_alive, reason="crashed")
        self.telling.start(minute)
        self.stopped = False

    def _stop(self, minute: int) -> None:
        self.telling.stop(minute, minute)
        self.stopped = True

    def _new_chain(self) -> Chain:
        self.ledgers += 1
        return Chain(uuid.uuid5(SPACE, f"{self.prefix} {self.number} {self.ledgers}"))

    def _bays(self, minute: int, alive: set[int]) -> None:
        """A bay fails while its station goes on."""
        for slot in self.slots:
            said = {"at": self.telling.clock(minute), "source": "usb", "bay": f"1-{slot}", "reason": "overcurrent"}
            if slot not in alive and slot not in self.unwatched:
                since = self.telling.wall(minute - 1)
                self.telling.tell(minute, e.BayUnwatched(since=since, **said))
                self.unwatched.add(slot)
            elif slot in alive and slot in self.unwatched:
                self.telling.tell(minute, e.BayWatched(**said))
                self.unwatched.discard(slot)

    def _look(self, minute: int, slot: int) -> None:
        here = self.world.where[minute] == slot
        session = self.live.get(slot)
        unbroken = self.last_alive == minute - 1
        if here and session is None:
            self._dock(minute, slot, minute if unbroken else self.last_alive)
        elif session is not None and not here:
            last = minute if unbroken else (self.last_alive or minute)
            said = {"session": session, "camera": self.camera, "at": self.telling.clock(minute)}
            wall = self.telling.wall
            event = e.CameraUndocked(last_present_at=wall(last), absent_at=wall(minute), **said)
            self.telling.tell(minute, event)
            del self.live[slot]
        elif session is not None and self.dice.random() < 0.1:
            drained = self.telling.wall(minute)
            self.telling.tell(
                minute,
                e.CameraDrained(
                    at=self.telling.clock(minute), session=session, camera=self.camera, drained_at=drained
                ),
            )

    def _dock(self, minute: int, slot: int, absent: int | None) -> None:
        self.told += 1
        session = uuid.uuid5(SPACE, f"{self.prefix} {self.number} dock {self.told}")
        self.live[slot] = session
        self.telling.tell(
            minute,
            e.CameraDocked(
                at=self.telling.clock(minute),
                session=session,
                camera=self.camera,
                identity_source="marker",
                identity_unique=True,
                bay=f"1-{slot}",
                bay_label=f"Bay {slot}",
                source="usb",
                proves_dock=not self.world.places[self.number].drop_folder,
                absent_until=None if absent is None else self.telling.wall(absent),
                seen_at=self.telling.wall(minute),
            ),
        )
        if self.dice.random() < 0.02:
            other = self.dice.choice(
                [session, uuid.uuid5(SPACE, f"{self.prefix} {self.number} dock {self.told - 1}")]
            )
            said = {"session": session, "camera": self.camera, "other_session": other}
            self.telling.tell(minute, e.IdentityClash(at=self.telling.clock(minute), **said))

    def _speak(self, minute: int, *, is_alive: bool) -> None:
        if self.dice.random() < self.link_breaks:
            self.telling.linked = not self.telling.linked
        if minute > self.world.places[self.number].linked_until:
            self.telling.linked = False
        if not self.telling.linked:
            return
        if self.telling.unsent:
            most = self.dice.choice((None, None, 1, 3))
            self.telling.send(minute, most)
        if is_alive and not self.stopped and self.dice.random() < 0.15 and not self.telling.unsent:
            self.telling.beat(minute)


def config_of(world: World) -> CentralConfig:
    def long(minutes: int) -> timedelta:
        return timedelta(minutes=minutes)

    return CentralConfig(
        lateness=Lateness(
            grace=long(world.grace),
            gap_tolerance=long(world.tolerance),
            merge_gap=long(world.merge_gap),
            early_tolerance=long(world.early),
        ),
        stations=Stations(offline_after=long(OFFLINE_AFTER)),
    )


def _go_on(world: World, dice: random.Random) -> None:
    """Afterwards the camera comes and goes four times more, as it would in the days that follow."""
    for slot in world.slots:
        slot.alive += [True] * AFTERWARDS
    for place in world.places:
        place.linked_until += AFTERWARDS if place.linked_until == world.now else 0
    for _ in range(4):
        stays, spare = dice.randint(3, 12), AFTERWARDS // 4
        world.where += [OUT] * (spare - stays) + [dice.randrange(len(world.slots))] * stays
    world.now += AFTERWARDS


class Unfolding:
    """Worlds side by side at one central, a camera each. Some cameras share a home station."""

    def __init__(self, worlds: list[World], number: int) -> None:
        self.dice = random.Random(f"unfolding {number}")
        for world in worlds:
            _go_on(world, self.dice)
        self.now = max(world.now for world in worlds)
        self.posts = [
            Post(world, place, f"w{which}", f"C{which}", random.Random(f"{number} {which} {place}"))
            for which, world in enumerate(worlds)
            for place in range(len(world.places))
        ]
        self.shifts: list[tuple[str, str, float]] = []
        self.worlds = worlds

    def play(self, sit: Callable[[int], None]) -> None:
        """Minute by minute; `sit` judges now and then."""
        self._bring_roster()
        for minute in range(self.now + 1):
            for post in self.posts:
                if minute <= post.world.now:
                    post.live_through(minute)
            if self.dice.random() < 0.03:
                self._somebody_says(minute)
            if self.dice.random() < 0.2:
                sit(minute)
        sit(self.now + 200)

    def _bring_roster(self) -> None:
        rows = []
        for which, world in enumerate(self.worlds):
            homes = [f"w{which}s{number}" for number, place in enumerate(world.places) if place.is_home]
            if not homes or self.dice.random() < 0.3:
                homes.append("w0s0")
            for number, one in enumerate(world.posts):
                times = {"starts_at": at(one.start), "ends_at": at(one.end), "stations": tuple(dict.fromkeys(homes))}
                name = f"W{which}-{number}"
                rows.append(shift(name, camera_serial=f"C{which}", officer_id=one.officer, unit="", **times))
                self.shifts.append((name, f"C{which}", one.end))
        bring(*rows, at=at(-1000))

    def _somebody_says(self, minute: int) -> None:
        name, camera, ends = self.dice.choice(self.shifts)
        said = self.dice.randrange(6)
        if said == 0:
            correct(name, BY, at(minute), ends_at=at(ends + self.dice.choice((1, 5, 20))), status="actual")
        elif said == 1:
            correct(name, BY, at(minute), status=self.dice.choice(("cancelled", "scheduled")))
        elif said == 2:
            correct(name, BY, at(minute), camera_serial=f"C{self.dice.randrange(len(self.worlds))}")
        elif said == 3:
            excuse_shift(name, camera, "court", BY, at(minute))
        elif said == 4:
            excuse_camera(camera, "repair", BY, at(minute), since=at(minute - 30), until=at(minute + 30))
        else:
            for number in Excuse.objects.filter(withdrawn_at=None).values_list("pk", flat=True)[:1]:
                withdraw_excuse(number, BY, at(minute))
