"""Central's own clock is wrong: nobody is accused by it, IT is told, and all goes on once it is right again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from central.alarms.models import Alarm
from central.alerting.clock_guard import ClockGuard
from central.alerting.rounds import Work, play_round
from central.config import CentralConfig, Mail, Notices
from central.custody.claims import take_claim
from central.custody.models import DockSession
from central.custody.on_our_clock import begin
from central.custody.watch_models import StationClock
from central.data_dir import DataDir
from central.fleet.central_clock import Doubt, Jump, Reading, doubt_of
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Heartbeat
from central.judging.verdicts import current
from central.mailing.letter import Letter
from central.notices.handing_over import send_due
from central.notices.models import Notice
from central.notices.outbox import post
from protocol import messages
from tests.judging.court import DEADLINE, END, roster, watching
from tests.mailing.post_office import PostOffice
from tests.watching.telling import NOON, Telling, at

LATELY = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
DAYS = 3 * 24 * 60
IT = "it@pd.example"


def heard(*ahead: float, ago: float = 1) -> list[Reading]:
    return [Reading(NOON - ago * MINUTE, minutes * MINUTE) for minutes in ahead]


def jumped(ago: float) -> Jump:
    return Jump(NOON - ago * MINUTE, 60 * MINUTE)


CLOCKS = [
    ("nobody is heard", [], None, False),
    ("all agree with central", heard(0, 0, 1), None, False),
    ("the only station is off", heard(-4000), None, False),
    ("one of two stations is off", heard(0, -4000), None, False),
    ("two stations are off, each in its own way", heard(-4000, 500), None, False),
    ("both stations agree that it is another day", heard(-4000, -4001), None, True),
    ("both are off by exactly the limit", heard(5, 5), None, False),
    ("both are off by more than the limit", heard(5.1, 5.1), None, True),
    ("two agree to the limit", heard(-4000, -4005), None, True),
    ("two do not quite agree", heard(-4000, -4005.1), None, False),
    ("two of four agree against central", heard(0, 0, 60, 60), None, True),
    ("two of five agree against central", heard(0, 0, 0, 60, 60), None, False),
    ("who agrees against central is not heard lately", heard(-60, -60, ago=15), None, False),
    ("heartbeats of the future", heard(-60, -60, ago=-1), None, False),
    ("the only station heard since a jump is off", heard(-60), jumped(2), True),
    ("the only station heard since a jump agrees", heard(0), jumped(2), False),
    ("one of two heard since a jump is off", heard(0, -60), jumped(2), False),
    ("a jump a minute ago, and who was heard was heard before", heard(0, 0, ago=2), jumped(1), True),
    ("a jump long ago, and nobody was heard since", [], jumped(15), False),
]


@pytest.mark.parametrize(
    ("readings", "jump", "in_doubt"), [row[1:] for row in CLOCKS], ids=[row[0] for row in CLOCKS]
)
def test_centrals_clock_is_in_doubt_when(readings: list[Reading], jump: Jump | None, in_doubt: bool) -> None:
    assert (doubt_of(readings, NOON, LATELY, jump) is not None) is in_doubt


def test_a_doubt_says_how_far_central_is_off() -> None:
    assert doubt_of(heard(-60, -61, -62, 0), NOON, LATELY, None) == Doubt(61 * MINUTE, 3, 4)


class Fleet:
    """Stations with right clocks, and a central whose clock is `off` minutes ahead of them."""

    def __init__(self, data: DataDir, *names: str) -> None:
        self.stations = [watching(name) for name in names]
        self.guard = ClockGuard(data.clock_in_doubt, LATELY)
        self.config = CentralConfig(notices=Notices(it_recipients=(IT,)))
        self.work = Work(self.config, at(-30 * 24 * 60))
        self.data = data

    def beats(self, minute: float, off: float = 0, *, measured: float | None = None) -> None:
        """Every station's heartbeat at this true minute. `measured`: what it thinks that central is ahead."""
        for station in self.stations:
            self.beat(station, minute, off, off if measured is None else measured)

    def beat(self, station: Telling, minute: float, off: float, measured: float) -> None:
        clock = messages.ClockReading(
            wall=at(minute),
            monotonic_ns=int((minute + 1000) * 60e9),
            boot_id=station.boot,
            offset_ms=-measured * 60_000,
            uncertainty_ms=0.0,
        )
        head = messages.LedgerHead(
            ledger_uuid=station.chain.ledger_uuid, number=station.chain.number, hash=station.chain.head.hex()
        )
        station.sequence += 1
        said = messages.Heartbeat(
            sequence=station.sequence,
            version="1",
            at=clock,
            uptime_s=1.0,
            head=head,
            watched_until=at(minute),
            watched_event=head.number,
        )
        keep_heartbeat(station.name, said, msgspec.json.encode(said).decode(), at(minute + off))
        if not self.data.clock_in_doubt.exists():
            take_claim(station.name, said, at(minute + off))

    def round(self, minute: float, off: float = 0) -> bool:
        """One of the worker's, as the worker plays it; whether time has another meaning since."""
        now, booted_since = at(minute + off), timedelta(days=60) + minute * MINUTE
        anew = self.guard.look(now, booted_since)
        if anew:
            self.work = Work(self.config, now)
        assert play_round(self.work, now, now, self.guard.doubt)
        return anew


@pytest.fixture
def data(settings: Any, tmp_path: Path) -> DataDir:
    settings.DATA = DataDir(tmp_path)
    return settings.DATA


def verdict() -> str:
    said = current("S1")
    assert said is not None
    return said.verdict


def alarms() -> list[str]:
    return sorted(Alarm.objects.filter(ended_at=None).values_list("kind", flat=True))


@pytest.mark.django_db
@pytest.mark.parametrize("names", [("east",), ("east", "west", "north")], ids=["one station", "three stations"])
def test_a_clock_three_days_ahead_accuses_nobody_and_a_dock_meanwhile_still_counts(
    names: tuple[str, ...], data: DataDir
) -> None:
    fleet = Fleet(data, *names)
    roster("S1", said=END - 60)
    fleet.beats(END)
    fleet.round(END)
    for minute in range(END + 1, END + 20):  # the deadline is a day off; by central's clock it is two days past
        fleet.beats(minute, DAYS, measured=0 if minute == END + 1 else DAYS)
        assert fleet.round(minute, DAYS) is (minute == END + 1), "the jump is noticed at once"
        assert verdict() == "pending"
    assert alarms() == ["central_clock"], "the cause, and none of its consequences"
    assert not Notice.objects.exclude(recipient=IT).exists()
    assert "72 h ahead" in Notice.objects.get(recipient=IT, subject__contains="clock").text
    dock_told_by_the_wrong_clock(fleet.stations[0], END + 20)
    fleet.beats(END + 30, measured=DAYS)
    assert fleet.round(END + 30), "the clock was put right"
    for minute in (END + 31, DEADLINE + 1, DEADLINE + 60):
        fleet.beats(minute)
        fleet.round(minute)
    said = current("S1")
    assert said is not None
    assert (said.verdict, said.docked_at) == ("on_time", at(END + 20))
    assert "central_clock" not in alarms()


def dock_told_by_the_wrong_clock(station: Telling, minute: float) -> None:
    """The station has measured that central is three days ahead, and writes that beside what it saw."""
    right = station.clock

    def measured(minute: float) -> messages.ClockReading:
        return msgspec.structs.replace(right(minute), offset_ms=-DAYS * 60_000.0)

    station.clock = measured  # type: ignore[method-assign]
    station.dock(minute, absent=minute)
    station.clock = right  # type: ignore[method-assign]
    row = DockSession.objects.get(camera="C1")
    assert row.docked_at is not None
    assert begin(row, row.docked_at) == (at(minute), timedelta(0))


@pytest.mark.django_db
def test_without_the_guard_that_clock_would_have_accused(data: DataDir) -> None:
    fleet = Fleet(data, "east")
    roster("S1")
    fleet.beats(END)
    play_round(fleet.work, at(END), at(END))
    StationClock.objects.all().delete()
    for minute in range(END + 1, END + 20):
        fleet.beats(minute, DAYS)
        play_round(fleet.work, at(minute + DAYS), at(minute))
    assert verdict() == "outstanding"


@pytest.mark.django_db
def test_a_central_that_starts_with_a_wrong_clock_believes_its_stations(data: DataDir) -> None:
    fleet = Fleet(data, "east", "west")
    roster("S1")
    fleet.beats(END)
    fleet.round(END)
    fleet.guard = ClockGuard(data.clock_in_doubt, LATELY)  # another boot: no jump can be seen
    fleet.beats(END + 1, DAYS, measured=0)
    fleet.round(END + 1, DAYS)
    assert fleet.guard.doubt == Doubt(DAYS * MINUTE, 2, 2)
    fleet.beats(END + 2, DAYS)
    fleet.round(END + 2, DAYS)
    assert verdict() == "pending"


@pytest.mark.django_db
def test_one_station_with_a_wrong_clock_is_that_stations_problem(data: DataDir) -> None:
    fleet = Fleet(data, "east", "west")
    roster("S1")
    for minute in (END, DEADLINE + 1, DEADLINE + 20):
        fleet.beat(fleet.stations[0], minute, 0, 0)
        keep = messages.ClockReading(wall=at(minute - DAYS), monotonic_ns=1, boot_id="b", offset_ms=-DAYS * 60_000.0)
        beat = messages.Heartbeat(sequence=1, version="1", at=keep, uptime_s=1.0)
        keep_heartbeat("west", beat, msgspec.json.encode(beat).decode(), at(minute))
        fleet.round(minute)
    assert fleet.guard.doubt is None
    assert verdict() == "outstanding"
    assert "central_clock" not in alarms()


@pytest.mark.django_db
def test_a_worker_that_starts_anew_in_doubt_goes_on_doubting_until_a_station_was_heard(data: DataDir) -> None:
    fleet = Fleet(data, "east")
    fleet.beats(0)
    fleet.round(0)
    fleet.beats(1, DAYS)
    fleet.round(1, DAYS)
    assert data.clock_in_doubt.exists()
    fleet.guard = ClockGuard(data.clock_in_doubt, LATELY)
    for minute in (2, 3):
        fleet.round(minute, DAYS)
        assert fleet.guard.doubt is not None
        fleet.beats(minute, DAYS)
    fleet.guard = ClockGuard(data.clock_in_doubt, LATELY)
    fleet.beats(4)
    assert fleet.round(4), "it was put right"
    assert not data.clock_in_doubt.exists()


@pytest.mark.django_db
def test_a_heartbeat_that_cannot_be_read_is_no_reading(data: DataDir) -> None:
    fleet = Fleet(data, "east", "west")
    fleet.beats(0, DAYS)
    Heartbeat.objects.filter(station="west").update(body='{"at": {"wall": "never"}}')
    fleet.round(0, DAYS)
    assert fleet.guard.doubt is None


@pytest.mark.django_db
def test_in_doubt_only_it_gets_mail_and_the_others_get_theirs_later(
    data: DataDir, post_office: Callable[..., PostOffice]
) -> None:
    office = post_office()
    mail = Mail(host="127.0.0.1", port=office.port, sender="dock@pd.example")
    post(Letter("chen@pd.example", "out", "text"), "first", at=NOON)
    post(Letter(IT, "clock", "text"), "it_alert", at=NOON)
    assert send_due(mail, NOON, only_it=True) == 1
    assert [to for to, _ in office.taken] == [IT]
    assert send_due(mail, NOON + MINUTE) == 1
