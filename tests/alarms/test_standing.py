"""How a station stands: instants that were computed beforehand, flips that happen once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from central.config import Stations
from central.fleet.heartbeats import keep_heartbeat
from central.fleet.models import Flip, Heartbeat, Station
from central.fleet.overview import FLIP_COLUMNS, flip_rows
from central.fleet.standing import compute_anew, due_to_be_silent, due_to_be_stale, notice_silence
from protocol import messages

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LIMITS = Stations(stale_after=3 * MINUTE, offline_after=15 * MINUTE)
LONG_UP = NOON - timedelta(days=9)


def beat(minute: float, name: str = "east", limits: Stations = LIMITS) -> None:
    at = NOON + minute * MINUTE
    Station.objects.get_or_create(station_id=name, defaults={"added_at": NOON})
    clock = messages.ClockReading(wall=at, monotonic_ns=1, boot_id="b")
    keep_heartbeat(name, messages.Heartbeat(sequence=1, version="1", at=clock, uptime_s=1.0), "{}", at, limits)


def look(minute: float, limits: Stations = LIMITS, up_since: datetime = LONG_UP) -> int:
    return notice_silence(limits, up_since, NOON + minute * MINUTE)


def flips(name: str = "east") -> list[tuple[str, float]]:
    rows = Flip.objects.filter(station=name).order_by("number")
    return [(one.after, (one.at - NOON) / MINUTE) for one in rows]


def test_a_station_goes_from_new_to_online_stale_and_offline_at_instants_that_were_known_before() -> None:
    beat(0)
    row = Heartbeat.objects.get(pk="east")
    assert (row.stale_at, row.silent_at) == (NOON + 3 * MINUTE, NOON + 15 * MINUTE)
    assert look(2.9) == 0
    assert look(9) == 1
    assert look(9) == 0
    assert look(40) == 1, "nobody looked for half an hour"
    beat(41)
    assert flips() == [("online", 0), ("stale", 3), ("offline", 15), ("online", 41)]
    assert Flip.objects.get(after="offline").noticed_at == NOON + 40 * MINUTE


def test_what_nobody_looked_at_for_long_went_through_both_states() -> None:
    beat(0)
    assert look(60) == 2
    assert flips() == [("online", 0), ("stale", 3), ("offline", 15)]


def test_a_heartbeat_puts_both_instants_off_and_is_no_flip() -> None:
    for minute in range(12):
        beat(minute)
        look(minute + 0.5)
    assert flips() == [("online", 0)]


def test_a_heartbeat_between_the_look_and_the_flip_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    beat(0)

    def heard_meanwhile(now: datetime) -> object:
        found = list(due_to_be_stale(now).values_list("pk", "stale_at"))
        beat(3.5)
        return type("Rows", (), {"values_list": lambda *_: found})

    monkeypatch.setattr("central.fleet.standing.due_to_be_stale", heard_meanwhile)
    assert look(4) == 0
    assert flips() == [("online", 0)]


def test_nobody_is_silent_before_central_could_have_heard_him() -> None:
    beat(0)
    up_since = NOON + 600 * MINUTE
    assert look(602, up_since=up_since) == 0
    assert look(614, up_since=up_since) == 1
    assert look(616, up_since=up_since) == 1
    assert flips() == [("online", 0), ("stale", 603), ("offline", 615)]


def test_new_limits_count_for_what_was_heard_before_them() -> None:
    beat(0)
    beat(0, "west")
    look(16)
    beat(16, "west")
    patient, strict = Stations(5 * MINUTE, 60 * MINUTE), Stations(MINUTE, 2 * MINUTE)
    compute_anew(patient, NOON + 17 * MINUTE)
    assert flips() == [("online", 0), ("stale", 3), ("offline", 15), ("stale", 17)]
    assert Heartbeat.objects.get(pk="west").silent_at == NOON + 76 * MINUTE
    compute_anew(patient, NOON + 18 * MINUTE)
    compute_anew(strict, NOON + 19 * MINUTE)
    assert look(19, strict) == 3
    assert flips("west")[-2:] == [("stale", 17), ("offline", 18)]


def test_an_instant_of_a_clock_that_was_a_day_ahead_is_brought_back() -> None:
    beat(1440)
    assert look(10) == 0
    assert look(13) == 1
    assert look(24) == 0
    assert look(25) == 1
    assert flips()[1:] == [("stale", 13), ("offline", 25)]


def test_rows_from_before_the_instants_existed_get_them() -> None:
    beat(0)
    Heartbeat.objects.update(stale_at=None, silent_at=None)
    assert look(60) == 0
    compute_anew(LIMITS, NOON + 60 * MINUTE)
    assert look(60) == 2


@pytest.mark.parametrize(
    ("due", "index"),
    [
        (due_to_be_stale, "heartbeat_stale (standing=? AND stale_at"),
        (due_to_be_silent, "heartbeat_silent (standing=? AND silent_at"),
    ],
)
def test_who_is_due_is_found_by_an_index_and_without_sorting(due: object, index: str) -> None:
    query, values = due(NOON).values_list("pk").query.sql_with_params()  # type: ignore[operator]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {query}", values)
        plan = [row[3] for row in cursor.fetchall()]
    assert len(plan) == 1, plan
    assert index in plan[0]


def test_every_flip_is_exported() -> None:
    beat(0)
    look(60)
    rows = [dict(zip(FLIP_COLUMNS, row, strict=True)) for row in flip_rows()]
    assert [(row["station_id"], row["before"], row["after"]) for row in rows] == [
        ("east", "never_heard", "online"),
        ("east", "online", "stale"),
        ("east", "stale", "offline"),
    ]
