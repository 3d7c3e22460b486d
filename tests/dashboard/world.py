"""A small department, seeded: two stations that speak, one that fell silent and one that never spoke, ten days of
shifts, and one camera for each thing that can be said of one. Told through the code that takes real events, judged by
the real judging.

Minutes are counted as in `tests/watching/telling.py`, from a noon that is moved so that the present is minute 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import uuid4

from django.contrib.auth.models import Group, User

from central.config import CentralConfig
from central.fleet.enrolment import add_station, spend_code
from central.fleet.models import Bay, Heartbeat
from central.judging.excuses import excuse_camera, excuse_shift
from central.judging.judge import Judging, judge_due
from central.notices.items import beginning
from central.notices.models import Notice
from central.notices.telling import tell
from central.roster.csv_file import RosterRow
from central.roster.models import RosterImport, Unit
from central.roster.shifts import correct
from protocol import events as e
from protocol import messages
from tests.roster.rows import bring, shift
from tests.watching import telling
from tests.watching.telling import Telling, at

HOUR, DAY = 60, 24 * 60
HOSTILE = '<script>alert(1)</script> "O\'Hara" & Söhne'
UNITS = ("East Patrol", "Traffic", "West Patrol")
HOMES = {"East Patrol": "east-1", "Traffic": "north-1", "West Patrol": "west-1"}
MAILS = {name: f"sgt.{name.split()[0].lower()}@pd.example" for name in UNITS}
OFFICERS = (
    *("Kim Lee", "Ana Ortiz", "Sam Brook", "Ida Novak", "Lou Marsh", "Pat Quinn", "Max Stone", "Eva Lind"),
    *("Tom Reyes", "Joy Adams"),
)
LONG_AGO = -40 * DAY
SILENT_FROM = -20 * HOUR
"""From then on nothing is heard of north-1."""


@dataclass
class World:
    """What was seeded, so that tests can name it."""

    now: datetime
    config: CentralConfig
    stations: dict[str, Telling] = field(default_factory=dict)
    shifts: list[RosterRow] = field(default_factory=list)
    plans: list[tuple[float, str, Callable[[], None]]] = field(default_factory=list)
    """Minute, station, and what it tells then."""

    def judge(self, minute: float) -> None:
        """Until nobody is due any more."""
        while judge_due(Judging(self.config, at(2 * LONG_AGO)), at(minute)):
            pass


@contextmanager
def noon_at(now: datetime) -> Iterator[None]:
    """Within, `at(0)` is `now`."""
    before, telling.NOON = telling.NOON, now
    try:
        yield
    finally:
        telling.NOON = before


def seed(now: datetime, config: CentralConfig | None = None, *, per_unit: int = 5, days: int = 10) -> World:
    """About 200 shifts, and what became of them."""
    world = World(now.replace(microsecond=0), config or CentralConfig())
    with noon_at(world.now):
        _stations(world)
        _units()
        for number, unit in enumerate(UNITS):
            for place in range(per_unit):
                _usual(world, f"{number + 1}{place:02}0", unit, place, days)
        _odd_ones(world)
        _bring(world)
        _tell(world, LONG_AGO, -DAY)
        beginning(at(-9 * DAY))
        for minute in (-DAY, -DAY + 20):
            world.judge(minute)
            tell(world.config, at(minute))
        _mailed(world)
        _later(world)
        _tell(world, -DAY, 0)
        for minute in (-30, 0):
            world.judge(minute)
            tell(world.config, at(minute))
    return world


def people() -> dict[str, User]:
    """One user of each role, by role; the supervisor is East's, the officer is Kim Lee."""
    addresses = {"it": "it@pd.example", "auditor": "audit@pd.example", "admin": "chief@pd.example"}
    addresses |= {"supervisor": MAILS["East Patrol"], "officer": "kim.lee@pd.example"}
    found = {}
    for role, address in addresses.items():
        found[role] = User.objects.create(username=address, email=address)
        found[role].groups.add(Group.objects.get_or_create(name=role)[0])
    return found


def _stations(world: World) -> None:
    for name in ("east-1", "west-1", "north-1"):
        spend_code(add_station(name, at(LONG_AGO)), "key", "pc", at(LONG_AGO))
        station = Telling(name, linked=False)
        station.start(LONG_AGO)
        world.stations[name] = station
        Bay.objects.bulk_create(Bay(station_id=name, bay=f"1-{one}", label=f"Bay {one}") for one in range(1, 11))
    Telling("south-1")


def _units() -> None:
    for name in UNITS:
        Unit.objects.create(
            unit=name,
            supervisor_email=MAILS[name],
            escalate_to_email="captain@pd.example",
            on_duty_email=f"desk.{name.split()[0].lower()}@pd.example",
        )


def _usual(world: World, camera: str, unit: str, place: int, days: int) -> None:
    """A shift a day; now and then back late, or charged in the middle."""
    dice = Random(f"{camera}{unit}")
    home, starts = HOMES[unit], -days * DAY + place % 3 * 8 * HOUR - 30
    officer = OFFICERS[(place * 3 + UNITS.index(unit)) % len(OFFICERS)]
    day = 0
    while day < days - 1:
        start, was_late = starts + day * DAY, dice.random() < 0.06 and day < days - 2
        _shift(world, f"{camera}-{day:02}", camera, officer, unit, start, start + 8 * HOUR)
        day += 2 if was_late else 1  # the next officer waits for it
        back = start + 8 * HOUR + dice.choice([10, 20, 35, 90]) + (27 * HOUR if was_late else 0)
        if home != "north-1" or back <= SILENT_FROM:
            _stay(world, home, camera, back, starts + day * DAY - 15, bay=f"1-{place + 1}")
    last = starts + (days - 1) * DAY
    _shift(world, f"{camera}-now", camera, officer, unit, last, last + 8 * HOUR)
    if home != "north-1":
        _stay(world, home, camera, last + 8 * HOUR + 12, None, bay=f"1-{place + 1}")


def _odd_ones(world: World) -> None:
    """One camera for each thing that can be said."""
    east = "East Patrol"
    _stay(world, "east-1", "0412", -6 * DAY, -4 * DAY - 10, bay="1-7")
    _shift(world, "0412-a", "0412", HOSTILE, east, -4 * DAY, -4 * DAY + 8 * HOUR)
    _shift(world, "0412-b", "0412", HOSTILE, east, -2 * DAY, -2 * DAY + 8 * HOUR)
    _stay(world, "east-1", "0440", -5 * DAY, -2 * DAY - 10, bay="1-6")
    _shift(world, "0440-a", "0440", "Kim Lee", east, -2 * DAY, -2 * DAY + 8 * HOUR)
    _stay(world, "north-1", "0391", -5 * DAY, -38 * HOUR - 10, bay="1-4")
    _shift(world, "0391-a", "0391", "Tom Reyes", "Traffic", -38 * HOUR, -30 * HOUR)
    _stay(world, "west-1", "0420", -5 * DAY, -3 * DAY - 20, bay="1-2")
    _shift(world, "0420-a", "0420", "Ida Novak", "West Patrol", -3 * DAY, -3 * DAY + 8 * HOUR)
    _stay(world, "east-1", "0455", -5 * DAY, -3 * DAY - 30, bay="1-8")
    _shift(world, "0455-a", "0455", "Sam Brook", east, -3 * DAY, -3 * DAY + 8 * HOUR)
    _shift(world, "0455-b", "0455", "Kim Lee", east, -3 * DAY + 9 * HOUR, -3 * DAY + 17 * HOUR)
    _stay(world, "east-1", "0388", -5 * DAY, -3 * DAY - 10, bay="1-9")
    _shift(world, "0388-a", "0388", "Eva Lind", east, -3 * DAY, -3 * DAY + 8 * HOUR)
    _stay(world, "west-1", "0388", -3 * DAY + 8 * HOUR + DAY + 192, None, bay="1-9")
    _away(world, "east-1", -3 * DAY + 23 * HOUR, -3 * DAY + 23 * HOUR + 7)
    _stay(world, "east-1", "0600", -9 * DAY, -8 * DAY, bay="1-10")
    _stay(world, "west-1", "0700", -5 * DAY, -4 * DAY, bay="1-3")
    _shift(world, "0700-a", "0700", "Max Stone", "West Patrol", -4 * DAY, -4 * DAY + 8 * HOUR)


def _later(world: World) -> None:
    """What came after the world was judged once: an excuse, a repair, a corrected end."""
    excuse_shift("0420-a", "0420", "court all week", MAILS["West Patrol"], at(-20 * HOUR))
    excuse_camera("0700", "sent to repair", "it@pd.example", at(-19 * HOUR), since=at(-9 * DAY), until=None)
    correct("0455-a", MAILS["East Patrol"], at(-18 * HOUR), ends_at=at(-3 * DAY + 8 * HOUR + 30))
    RosterImport.objects.create(
        brought_at=at(-40),
        brought_by="folder",
        file_name="roster week 48.csv",
        sha256="0" * 64,
        state=RosterImport.WAITING,
        doubts=[
            "62 shifts end 1 h earlier than before, all alike.",
            "14 % of the window's shifts would be withdrawn.",
        ],
        content=b"",
        added=3,
        changed=62,
        withdrawn=21,
        unchanged=66,
    )


def _mailed(world: World) -> None:
    """The mail server took the first ones, and refused one."""
    for notice in Notice.objects.order_by("pk"):
        notice.attempts, notice.tried_at = 1, notice.created_at
        if notice.pk % 5:
            notice.sent_at = notice.created_at
        else:
            notice.refused_at, notice.last_error = notice.created_at, "550 no such mailbox"
        notice.save()


def _shift(world: World, name: str, camera: str, officer: str, unit: str, starts: float, ends: float) -> None:
    number = "6660" if officer == HOSTILE else f"{1000 + OFFICERS.index(officer)}"
    world.shifts.append(
        shift(
            name,
            officer_id=number,
            officer_name=officer,
            officer_email="" if officer == HOSTILE else f"{officer.lower().replace(' ', '.')}@pd.example",
            camera_serial=camera,
            starts_at=at(starts),
            ends_at=at(ends),
            supervisor_email=MAILS[unit],
            stations=(HOMES[unit],),
            unit=unit,
        )
    )


def _stay(world: World, station: str, camera: str, since: float, until: float | None, bay: str) -> None:
    """Docked, drained and, with `until`, undocked: planned, and told in order of time as by a ledger."""
    teller, session = world.stations[station], uuid4()

    def dock() -> None:
        event = e.CameraDocked(
            at=teller.clock(since),
            session=session,
            camera=camera,
            identity_source="marker",
            identity_unique=True,
            bay=bay,
            bay_label=f"Bay {bay.partition('-')[2]}",
            source="usb",
            absent_until=teller.wall(since),
            seen_at=teller.wall(since),
        )
        teller.tell(since, event)

    def drain() -> None:
        drained_at = teller.wall(since + 9)
        teller.tell(
            since + 9,
            e.CameraDrained(at=teller.clock(since + 9), session=session, camera=camera, drained_at=drained_at),
        )

    world.plans += [(since, station, dock), (since + 9, station, drain)]
    if until is not None:
        world.plans.append((until, station, lambda: teller.undock(until, session, camera)))


def _away(world: World, station: str, since: float, until: float) -> None:
    """Its agent is restarted."""
    teller = world.stations[station]
    world.plans.append((since, station, lambda: teller.stop(since, since)))
    world.plans.append((until, station, lambda: teller.start(until)))


def _bring(world: World) -> None:
    """Ten days ago, and again this morning without a change."""
    for minute in (-12 * DAY, -5 * HOUR):
        bring(*world.shifts, at=at(minute))


def _tell(world: World, since: float, until: float) -> None:
    """All that was planned for `[since, until)`, and how far each station has told."""
    for minute, _, say in sorted(world.plans, key=lambda plan: plan[0]):
        if since <= minute < until:
            say()
    for name, station in world.stations.items():
        told = min(until, SILENT_FROM) if name == "north-1" else until
        if told >= since:
            if station.unsent:
                station.send(told)
            station.beat(told)
            Heartbeat.objects.filter(station=name).update(body=_body(station, told))


def _body(station: Telling, minute: float) -> str:
    beat = messages.Heartbeat(
        sequence=station.sequence,
        version="1.4.0",
        at=station.clock(minute),
        uptime_s=86400.0,
        queue_files=12,
        queue_bytes=5 * 2**30,
        disk_free=410 * 2**30,
        disk_total=930 * 2**30,
    )
    return messages.encode(beat).decode()
