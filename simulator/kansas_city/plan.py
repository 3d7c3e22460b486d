"""What truly happens to each camera: whose it is, when it is taken and brought back. This is the planted truth."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from simulator.kansas_city.city import DAY, HOUR, MINUTE, Size, Station, stations_of

GRACE = DAY
LATE_SHARE = 0.0756
"""Of those who bring a camera back last; who hands it on to the next officer through a bay is in time. Of all returns
it is 7 in 100."""
WATCHES = (7, 15, 23)
"""Hours at which shifts of eight hours begin."""
LENGTH = 8 * HOUR
BAYS = 24
POOL_SHARE = 0.1


class Truth(StrEnum):
    """What somebody who saw everything would say of a shift."""

    ON_TIME = "on_time"
    LATE = "late"
    LOST = "outstanding"
    NO_DUTY = "no_duty"
    BY_HAND = "two_officers"
    """One officer gave it to the next without a dock, and it came back too late for both."""


@dataclass(frozen=True)
class Dock:
    """A camera truly in a bay."""

    camera: str
    station: str
    bay: str
    since: datetime
    until: datetime | None
    """None: it is there still."""


@dataclass(frozen=True)
class Video:
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Post:
    """A shift, and what truly came of it."""

    shift_id: str
    officer: str
    camera: str
    unit: str
    home: str
    starts_at: datetime
    ends_at: datetime
    """When it truly ended."""
    rostered_end: datetime
    """When it should have; the roster learns the true end on the next morning."""
    truth: Truth
    docked_at: datetime | None
    """The return; None: it never came back, or never left."""
    excuse: str = ""
    """The reason that a person gave later."""
    videos: tuple[Video, ...] = ()

    @property
    def deadline(self) -> datetime:
        return self.ends_at + GRACE

    @property
    def by(self) -> timedelta | None:
        late = self.truth is Truth.LATE and self.docked_at is not None
        return self.docked_at - self.deadline if late and self.docked_at is not None else None


@dataclass(frozen=True)
class Plan:
    size: Size
    stations: tuple[Station, ...]
    posts: tuple[Post, ...]
    docks: tuple[Dock, ...]


@dataclass
class _Camera:
    """One camera's life while it is being made up."""

    name: str
    unit: str
    home: Station
    officers: tuple[str, ...]
    watch: int
    docks: list[Dock] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)


def plan_city(size: Size) -> Plan:
    """The same size and seed give the same city."""
    dice = random.Random(f"kansas city {size.seed}")
    stations = stations_of(size, dice)
    cameras = [_camera(number, stations, dice) for number in range(size.cameras)]
    for camera in cameras:
        _live(camera, stations, size, dice)
    return Plan(
        size,
        stations,
        tuple(sorted((post for one in cameras for post in one.posts), key=lambda post: post.starts_at)),
        tuple(sorted((dock for one in cameras for dock in one.docks), key=lambda dock: dock.since)),
    )


def _camera(number: int, stations: Sequence[Station], dice: random.Random) -> _Camera:
    home = stations[number % len(stations)]
    officers = 2 if dice.random() < POOL_SHARE else 1
    ids = tuple(f"{number + 1:04d}{'AB'[one]}" for one in range(officers))
    return _Camera(f"KC{number + 1:04d}", home.unit, home, ids, dice.randrange(3))


def _live(camera: _Camera, stations: Sequence[Station], size: Size, dice: random.Random) -> None:
    """From the first day to the last: a camera is in a bay, somebody takes it, and brings it back some time."""
    first = size.from_.astimezone(UTC)
    camera.docks.append(Dock(camera.name, camera.home.name, "1-1.1", first + 6 * MINUTE, None))
    free_from = first + 8 * HOUR
    for day in range(1, size.days):
        local = size.from_ + day * DAY + WATCHES[camera.watch] * HOUR  # a wall clock's hour
        starts_at = local.astimezone(UTC)
        if dice.random() >= 0.56 or starts_at < free_from:
            continue
        returned = _serve(camera, starts_at, stations, dice)
        if returned is None:
            return
        free_from = returned + HOUR


def _serve(camera: _Camera, starts_at: datetime, stations: Sequence[Station], dice: random.Random) -> datetime | None:
    """One day: a shift, or two in a row for a camera of a pool. When the camera is back; None: never."""
    first = _post(camera, camera.officers[0], starts_at, dice)
    chance = dice.random()
    if chance < 0.005:
        camera.posts.append(replace(first, truth=Truth.NO_DUTY, videos=()))
        return first.ends_at
    _take(camera, starts_at - dice.uniform(1, 40) * MINUTE)
    if chance < 0.0052:
        camera.posts.append(replace(first, truth=Truth.LOST))
        return None
    if len(camera.officers) == 2 and chance < 0.5:
        return _two(camera, first, stations, dice)
    if chance > 0.97:
        _charge(camera, starts_at + dice.uniform(2, 4) * HOUR, dice)
    return _bring(camera, [first], stations, dice)


def _two(camera: _Camera, first: Post, stations: Sequence[Station], dice: random.Random) -> datetime:
    """The next officer's shift follows at once: he takes it out of a bay, or out of his colleague's hand."""
    first = replace(first, ends_at=first.rostered_end)
    second = _post(camera, camera.officers[1], first.ends_at, dice)
    if dice.random() < 0.2:
        return _bring(camera, [first, second], stations, dice)
    docked_at = first.ends_at - dice.uniform(10, 40) * MINUTE
    _put(camera, camera.home, docked_at, dice)
    camera.posts.append(replace(first, truth=Truth.ON_TIME, docked_at=docked_at))
    _take(camera, docked_at + dice.uniform(3, 9) * MINUTE)
    return _bring(camera, [second], stations, dice)


def _post(camera: _Camera, officer: str, starts_at: datetime, dice: random.Random) -> Post:
    rostered = starts_at + LENGTH
    ends_at = rostered + (dice.uniform(1, 3) * HOUR if dice.random() < 0.03 else timedelta())
    videos = []
    for _ in range(dice.choice((1, 1, 2))):
        began = starts_at + dice.uniform(0.3, 7) * HOUR
        videos.append(Video(began, began + dice.uniform(1, 30) * MINUTE))
    return Post(
        shift_id=f"{camera.name}-{starts_at:%m%d}-{officer[-1]}",
        officer=officer,
        camera=camera.name,
        unit=camera.unit,
        home=camera.home.name,
        starts_at=starts_at,
        ends_at=ends_at,
        rostered_end=rostered,
        truth=Truth.ON_TIME,
        docked_at=None,
        videos=tuple(videos),
    )


def _bring(camera: _Camera, posts: Sequence[Post], stations: Sequence[Station], dice: random.Random) -> datetime:
    """The camera comes back after the last of these shifts, which for 7 in 100 is days too late."""
    last = posts[-1]
    is_late = dice.random() < LATE_SHARE
    soon = _soon(dice) if len(posts) == 1 else max(_soon(dice), 2 * MINUTE)
    docked_at = last.deadline + dice.uniform(1, 5) * DAY if is_late else last.ends_at + soon
    station = camera.home if dice.random() < 0.95 else _elsewhere(camera, stations, docked_at, dice)
    _put(camera, station, docked_at, dice)
    excuse = dice.choice(("court", "leave", "repair")) if is_late and dice.random() < 0.1 else ""
    truth = Truth.ON_TIME if not is_late else Truth.LATE if len(posts) == 1 else Truth.BY_HAND
    camera.posts += [replace(post, truth=truth, docked_at=docked_at, excuse=excuse) for post in posts]
    return docked_at


def _soon(dice: random.Random) -> timedelta:
    chance = dice.random()
    if chance < 0.85:
        return dice.uniform(-15, 40) * MINUTE
    return dice.uniform(0.7, 10) * HOUR if chance < 0.97 else dice.uniform(10, 13) * HOUR


def _elsewhere(camera: _Camera, stations: Sequence[Station], instant: datetime, dice: random.Random) -> Station:
    """Nobody leaves a camera at a foreign station that is visibly dead."""
    station = dice.choice(stations)
    near = (instant + hours * HOUR for hours in (-1, 0, 1))
    return camera.home if any(station.blind_at(one) for one in near) else station


def _charge(camera: _Camera, instant: datetime, dice: random.Random) -> None:
    _put(camera, camera.home, instant, dice)
    _take(camera, instant + dice.uniform(15, 30) * MINUTE)


def _put(camera: _Camera, station: Station, instant: datetime, dice: random.Random) -> None:
    bays = [f"1-1.{number + 1}" for number in range(BAYS)]
    camera.docks.append(
        Dock(
            camera.name,
            station.name,
            dice.choice([bay for bay in bays if bay != camera.docks[-1].bay]),
            instant,
            None,
        )
    )


def _take(camera: _Camera, instant: datetime) -> None:
    camera.docks[-1] = replace(camera.docks[-1], until=instant)
