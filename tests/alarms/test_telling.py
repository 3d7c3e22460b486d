"""Alarms in the database: opened once, told once, over once, whoever looks and however often."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from central.alarms.models import Alarm
from central.alarms.silences import NotSilenced, Wish, silence
from central.alarms.watch import AlarmWatch
from central.config import Alarms, CentralConfig, Notices, Stations, Web
from central.fleet.models import Credential, Heartbeat, Station
from central.fleet.standing import hear, standing_of
from central.mailing.letter import Letter
from central.notices import outbox
from central.notices.models import Notice

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
IT = "it@example"
CONFIG = CentralConfig(
    notices=Notices(it_recipients=(IT,)),
    alarms=Alarms(wait=2 * MINUTE, disk_low=0, weekly=""),  # type: ignore[arg-type]
    stations=Stations(offline_after=15 * MINUTE),
)


@pytest.fixture(autouse=True)
def _data(tmp_path: Path, settings: Any) -> None:
    settings.DATA = SimpleNamespace(root=tmp_path)


def enrolled(*names: str, heard: datetime = NOON) -> None:
    for name in names:
        station, _ = Station.objects.get_or_create(station_id=name, defaults={"added_at": NOON})
        Credential.objects.create(station=station, token_sha256=name, public_key="k", created_at=NOON)
        beat(name, heard)


def beat(name: str, at: datetime, body: str = "{}") -> None:
    said = {"received_at": at, "body": body, "sequence": 1, "boot_id": "b", "version": "1"}
    before = standing_of(Heartbeat.objects.filter(pk=name).first())
    row, _ = Heartbeat.objects.update_or_create(station_id=name, defaults=said)
    hear(row, before, CONFIG.stations, at)


def watch(config: CentralConfig = CONFIG, up_since: datetime = NOON - 600 * MINUTE) -> Callable[[float], None]:
    """A worker that looks at a minute after noon."""
    one = AlarmWatch(config, up_since)
    return lambda minute: one.look(NOON + minute * MINUTE, NOON + minute * MINUTE)


def subjects() -> list[str]:
    return [notice.subject for notice in Notice.objects.order_by("pk")]


def test_a_silent_station_is_one_mail_and_its_return_is_one_more_in_the_same_thread() -> None:
    enrolled("east", "west")
    look = watch()
    for minute in range(10, 20):
        beat("west", NOON + minute * MINUTE)
        look(minute)
    (told,) = Notice.objects.all()
    assert told.subject.startswith("[Dock] IT: east silent since 12:00")
    assert (told.kind, told.recipient, told.created_at) == ("it_alert", IT, NOON + 17 * MINUTE)
    for minute in range(40, 44):
        beat("west", NOON + minute * MINUTE)
        beat("east", NOON + minute * MINUTE)
        look(minute)
    _, over = Notice.objects.order_by("pk")
    assert over.subject.startswith("[Dock] Over: east is back")
    assert (over.in_reply_to, over.references) == (told.message_id, [told.message_id])
    assert Alarm.objects.count() == 1


def test_a_worker_whose_look_is_older_than_the_heartbeat_tells_nothing() -> None:
    """It decided on what it had read; while nobody else may write it reads again."""
    enrolled("east")
    one = AlarmWatch(CONFIG, NOON - 600 * MINUTE)
    found, at = one._find, NOON + 20 * MINUTE
    stale = [found(at, at)]
    beat("east", at)
    one._find = lambda now, worked: stale.pop() if stale else found(now, worked)  # type: ignore[method-assign]
    one.look(at, at)
    assert not stale
    assert not Alarm.objects.exists()


def test_what_is_over_before_its_mail_is_never_told_and_one_that_returns_keeps_its_age() -> None:
    enrolled("east")
    look = watch()
    for minute in (15, 16):
        look(minute)
    beat("east", NOON + 16.5 * MINUTE)
    for minute in (17, 19, 20, 31):
        look(minute)
    assert subjects() == []
    flapping = Alarm.objects.get()
    assert flapping.end_told_at is not None
    look(31.5)
    beat("east", NOON + 32 * MINUTE)
    look(32)
    beat("east", NOON + 10 * MINUTE)  # as if the next look found it silent again
    look(33)
    again = Alarm.objects.latest("number")
    assert (again.returns, again.opened_at) == (1, NOON + 31.5 * MINUTE)
    look(34)
    assert [one.created_at for one in Notice.objects.all()] == [NOON + 34 * MINUTE]


def test_most_stations_silent_at_once_are_one_line_of_one_mail() -> None:
    enrolled(*(f"st-{number}" for number in range(5)))
    look = watch()
    beat("st-0", NOON + 30 * MINUTE)
    for number in (1, 2, 3):
        beat(f"st-{number}", NOON + number * 0.5 * MINUTE)
    for minute in range(15, 30):
        look(minute)
    (told,) = Notice.objects.all()
    assert "4 of 5 stations silent: likely the network or central" in told.subject
    assert "st-1, st-2, st-3, st-4" in told.text
    for number in range(5):
        beat(f"st-{number}", NOON + 40 * MINUTE)
    look(40)
    look(43)
    assert subjects()[1].startswith("[Dock] Over: 4 stations are back")


def test_a_silent_station_mutes_what_else_is_wrong_there() -> None:
    enrolled("east")
    look = watch()
    beat("east", NOON, '{"loop_ages_s": {"upload": 999}}')
    look(1)
    beat("east", NOON - 14.5 * MINUTE, '{"loop_ages_s": {"upload": 999}}')
    for minute in (2, 3, 4, 5, 20):
        look(minute)
    assert [one.split(" | ")[0] for one in subjects()] == ["[Dock] IT: east silent since 11:45"]
    assert Alarm.objects.filter(kind="station_unhealthy", ended_at=None).exists(), "nobody knows better"
    beat("east", NOON + 21 * MINUTE, '{"loop_ages_s": {"upload": 999}}')
    for minute in (21, 24):
        look(minute)
    assert sorted(one.split(" | ")[0] for one in subjects()[1:]) == [
        "[Dock] IT: station unhealthy (east)",
        "[Dock] Over: east is back",
    ]


def test_a_silenced_alarm_is_told_to_nobody_until_the_silence_ends() -> None:
    enrolled("east")
    look = watch()
    look(15)
    number = Alarm.objects.get().number
    silence(number, Wish(NOON + 60 * MINUTE, "moving house", "pat@example"), NOON + 16 * MINUTE)
    for minute in (17, 30, 59):
        look(minute)
    assert subjects() == []
    look(60)
    assert len(subjects()) == 1


def test_only_an_open_alarm_can_be_silenced_and_only_with_a_reason() -> None:
    enrolled("east")
    look = watch()
    look(15)
    number, wish = Alarm.objects.get().number, Wish(NOON + 60 * MINUTE, "  ", "pat@example")
    with pytest.raises(NotSilenced, match="say why"):
        silence(number, wish, NOON)
    with pytest.raises(NotSilenced, match="no alarm"):
        silence(number + 1, wish, NOON)
    beat("east", NOON + 16 * MINUTE)
    look(16)
    with pytest.raises(NotSilenced, match="over already"):
        silence(number, Wish(NOON + 60 * MINUTE, "why", "pat@example"), NOON)


def test_an_alarm_that_stays_open_is_told_again_once_a_day_with_all_others() -> None:
    enrolled("east")
    look = watch()
    for minute in (15, 17, 20):
        look(minute)
    for hour in range(1, 50, 4):
        look(hour * 60)
    again = [one for one in subjects() if "still open" in one]
    assert len(again) == 2


def test_a_central_that_comes_up_calls_nobody_silent_and_nobody_back() -> None:
    enrolled("east", "west")
    look = watch()
    beat("west", NOON + 20 * MINUTE)
    for minute in (15, 20):
        look(minute)
    after = watch(up_since=NOON + 600 * MINUTE)
    for minute in (600, 603, 610):
        after(minute)
    assert len(subjects()) == 1, "east was told before; whether it is back nobody can say"
    assert Alarm.objects.filter(ended_at=None).count() == 1
    for minute in (615, 617):
        after(minute)
    assert [one.split(" | ")[0] for one in subjects()[1:]] == ["[Dock] IT: west silent since 12:20"]


def test_without_anybody_to_tell_alarms_are_shown_and_wait() -> None:
    enrolled("east")
    nobody = watch(CentralConfig(alarms=CONFIG.alarms))
    for minute in (15, 20):
        nobody(minute)
    assert (Alarm.objects.count(), Notice.objects.count()) == (1, 0)
    watch()(21)
    assert Notice.objects.count() == 1


def test_a_station_that_is_taken_away_is_not_said_to_be_back() -> None:
    enrolled("east", "west")
    look = watch()
    for minute in (15, 17):
        look(minute)
    Credential.objects.filter(station="east").update(revoked_at=NOON + 20 * MINUTE)
    for minute in (20, 22):
        look(minute)
    over = Notice.objects.latest("pk")
    assert over.subject.startswith("[Dock] Over: silence of east")
    assert "east is not enrolled any more" in over.text
    assert "heard again" not in over.text


def test_a_bay_that_comes_and_goes_all_night_is_not_a_mail_every_few_minutes() -> None:
    enrolled("east")
    look = watch()
    for minute in range(0, 240, 2):
        says = "free" if minute // 6 % 2 else "use another bay"
        beat("east", NOON + minute * MINUTE, json.dumps({"bays": [{"bay": "1", "label": "Bay 1", "state": says}]}))
        look(minute)
    flapped = subjects()
    assert 2 <= len(flapped) <= 6, flapped
    for minute in range(240, 302, 2):
        beat("east", NOON + minute * MINUTE)
        look(minute)
    assert len(subjects()) == len(flapped) + 1
    assert "It came and went" in Notice.objects.latest("pk").text


@pytest.mark.parametrize("oldest", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_an_instant_at_the_end_of_the_calendar_keeps_nothing_else_untold(oldest: str) -> None:
    enrolled("east", "west")
    west_of_london = msgspec.structs.replace(CONFIG, web=Web(time_zone="America/Chicago"))
    look = watch(west_of_london)
    for minute in (14, 15, 17, 20):
        beat("west", NOON + minute * MINUTE)
        Heartbeat.objects.filter(station="west").update(oldest_unreceipted_at=datetime.fromisoformat(oldest))
        look(minute)
    assert any("east silent" in one or "station silent (east)" in one for one in subjects()), subjects()


def test_who_is_refused_often_hides_nobody_who_was_refused_once() -> None:
    look = watch()
    for number in range(60):
        who = "once@example" if number == 0 else "often@example"
        outbox.post(Letter(who, "s", "t"), "first", at=NOON)
        Notice.objects.filter(refused_at=None).update(refused_at=NOON + number * MINUTE, last_error="550 no")
    look(70)
    assert set(Alarm.objects.filter(kind="mail_refused").values_list("subject", flat=True)) == {
        *("once@example", "often@example")
    }
