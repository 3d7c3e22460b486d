"""What makes an alarm of a station beside the others: version, setup, site; and what several heartbeats tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.alarms.conditions import find
from central.alarms.dues import Rules, due_by_mail
from central.alarms.facts import Facts, Limits, NotSafe, Said, Station
from central.alarms.models import Alarm
from central.alarms.of_fleet import version_of
from central.fleet.course import (
    MOST_RESTARTS,
    Sample,
    full_in,
    is_restart,
    restarts_within,
    started_at,
    with_restart,
    with_sample,
)

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMITS = Limits(up_since=NOW - 48 * HOUR, zone=ZoneInfo("UTC"))
GIB = 2**30


def station(name: str, heard: timedelta = MINUTE, site: str = "", **said: object) -> Station:
    return Station(name, NOW - heard, site=site, said=Said(**said))  # type: ignore[arg-type]


def opened(*stations: Station, limits: Limits = LIMITS, **more: object) -> list[tuple[str, str]]:
    facts = Facts(stations=stations, **more)  # type: ignore[arg-type]
    return [(one.kind.value, one.subject) for one in find(facts, limits, NOW).open]


def of(name: str, version: str, since: timedelta = 8 * DAY) -> Station:
    return station(name, version=version, version_since=NOW - since)


@pytest.mark.parametrize(
    ("stations", "found"),
    [
        ([of("a", "1.2.0"), of("b", "1.2.0")], []),
        ([of("a", "1.10.0"), of("b", "1.9.0")], ["b"]),
        ([of("a", "1.2.0", 7 * DAY - SECOND), of("b", "1.1.0")], []),
        ([of("a", "1.2.0", 7 * DAY), of("b", "1.1.0")], ["b"]),
        ([of("a", "1.2.0", HOUR), of("c", "1.2.0"), of("b", "1.1.0", HOUR)], ["b"]),
        ([of("a", "1.2.0"), of("b", "of our own")], []),
        ([of("a", "1.2"), of("b", "1.2.0")], []),
        ([of("a", "9" * 400), of("b", "1.2.0")], []),
        ([of("a", "1.2.0"), replace(of("b", "1.1.0"), heard_at=NOW - 4 * MINUTE)], []),
        ([of("a", "1.2.0"), replace(of("b", "1.1.0"), heard_at=None)], []),
    ],
)
def test_a_version_is_too_old_when_a_newer_one_is_out_elsewhere_for_a_week(
    stations: list[Station], found: list[str]
) -> None:
    assert opened(*stations) == [("version_too_old", name) for name in found]


def test_a_version_below_the_least_is_told_at_once() -> None:
    limits = replace(LIMITS, min_version="1.2")
    assert opened(of("a", "1.1.9", SECOND), of("b", "1.2.0", SECOND), limits=limits) == [("version_too_old", "a")]


@pytest.mark.parametrize(
    ("text", "version"), [("1.2.0", (1, 2, 0, 0)), ("0.1.0.dev1", None), ("1.2-rc1", (1, 2, 0, 0)), ("", None)]
)
def test_a_version_is_its_numbers_or_none(text: str, version: tuple[int, ...] | None) -> None:
    assert version_of(text) == version


def set_up(
    name: str, config: str, since: timedelta = 5 * HOUR, version: str = "1.0.0", profiles: str = "p"
) -> Station:
    return station(name, version=version, digests=(config, profiles), digests_since=NOW - since)


@pytest.mark.parametrize(
    ("stations", "found"),
    [
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "x")], []),
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "y")], ["c"]),
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "x", profiles="q")], ["c"]),
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "y", 4 * HOUR - SECOND)], []),
        # A change that came to most stations an hour ago: the one that lacks it has time.
        ([set_up("a", "x", HOUR), set_up("b", "x", HOUR), set_up("c", "y", 9 * DAY)], []),
        # One that begins to come, and stops half way.
        ([set_up("a", "x"), set_up("b", "y")], ["central"]),
        ([set_up("a", "x"), set_up("b", "y", HOUR)], []),
        # Another version has other settings, and stations that tell nothing are not compared.
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "y", version="1.0.1")], []),
        ([set_up("a", "x"), set_up("b", "x"), set_up("c", "")], []),
    ],
)
def test_the_few_that_are_set_up_otherwise_for_hours_are_named(stations: list[Station], found: list[str]) -> None:
    assert opened(*stations) == [("drift", name) for name in found]


def silent(name: str, site: str) -> Station:
    return replace(station(name, HOUR, site), silent_at=NOW - HOUR + 15 * MINUTE)


def test_a_site_whose_stations_are_all_silent_is_told_and_its_stations_are_not() -> None:
    stations = (silent("e1", "East"), silent("e2", "East"), station("w1", site="West"))
    found = find(Facts(stations=stations), LIMITS, NOW).open
    assert [(one.kind.value, one.subject) for one in found if one.kind == "site_silent"] == [("site_silent", "East")]
    rows = [
        Alarm(
            number=number,
            kind=one.kind.value,
            subject=one.subject,
            station=one.station,
            detail=one.detail,
            opened_at=NOW - HOUR,
            since=NOW - HOUR,
        )
        for number, one in enumerate(found)
    ]
    due = due_by_mail(rows, Rules(MINUTE, DAY), NOW)
    assert [(one.kind, one.subject) for one in due.new] == [("site_silent", "East")]
    rows = [replace_end(row) if row.kind == "site_silent" else row for row in rows]
    due = due_by_mail(rows, Rules(MINUTE, DAY), NOW)
    assert [(one.kind, one.subject) for one in due.new] == [("station_silent", "e1"), ("station_silent", "e2")]


def replace_end(row: Alarm) -> Alarm:
    row.ended_at = NOW
    return row


@pytest.mark.parametrize(
    "stations",
    [
        (silent("e1", "East"), station("e2", site="East"), station("w1", site="West")),
        (silent("e1", "East"), station("w1", site="West")),
        (silent("e1", ""), silent("e2", ""), station("w1", site="West")),
        (silent("e1", "East"), silent("e2", "East"), silent("w1", "West")),
    ],
    ids=["one of it is heard", "a site of one", "of no site", "all there are"],
)
def test_no_site_is_told_that_is_not_the_cause(stations: tuple[Station, ...]) -> None:
    assert "site_silent" not in dict(opened(*stations))


def test_a_site_that_was_told_is_not_called_back_when_all_others_fall_silent_too() -> None:
    stations = (silent("e1", "East"), silent("e2", "East"), silent("w1", "West"))
    assert ("site_silent", "East") in find(Facts(stations=stations), LIMITS, NOW).unsure


@pytest.mark.parametrize(
    ("docked", "found"), [(24 * HOUR - SECOND, []), (24 * HOUR, [("docked_not_safe", "east, C1")])]
)
def test_a_camera_that_is_docked_for_long_with_files_without_receipt_is_told(
    docked: timedelta, found: list[tuple[str, str]]
) -> None:
    assert opened(not_safe=(NotSafe("east", "C1", "Bay 7", NOW - docked, 3),)) == found


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"full_in": 6 * HOUR}, []),
        ({"full_in": 6 * HOUR - SECOND}, [("disk_filling", "east")]),
        ({"full_in": HOUR, "disk_free": 19 * GIB}, [("disk_low", "east")]),
        ({"full_in": None}, []),
        ({"restarts": 3}, []),
        ({"restarts": 4}, [("crash_loop", "east")]),
    ],
)
def test_a_disk_that_fills_and_an_agent_that_starts_again_and_again_are_told(
    said: dict[str, object], found: list[tuple[str, str]]
) -> None:
    assert opened(station("east", **{"disk_free": 90 * GIB, "disk_total": 100 * GIB, **said})) == found
    assert opened(station("east", 4 * MINUTE, **{"disk_free": 90 * GIB, "disk_total": 100 * GIB, **said})) == []


def samples_of(*free: int, every: timedelta = 10 * MINUTE) -> list[Sample]:
    kept: list[Sample] = []
    for number, one in enumerate(free):
        kept = with_sample(kept, one, NOW - every * (len(free) - 1 - number))
    return kept


@pytest.mark.parametrize(
    ("free", "hours"),
    [
        ([100, 90, 80, 70], 3500 / 3000),
        ([100, 100, 100, 100], None),
        ([70, 80, 90, 100], None),
        ([100, 90, 80], None),
        ([100], None),
        ([], None),
    ],
    ids=["filling", "still", "emptying", "known for 20 min only", "one heartbeat", "none"],
)
def test_when_a_disk_is_full_follows_from_the_last_hours(free: list[int], hours: float | None) -> None:
    left = full_in(samples_of(*free), free[-1] if free else 0, NOW)
    assert left == (None if hours is None else pytest.approx(timedelta(hours=hours), abs=SECOND))


def test_what_is_kept_of_a_disk_is_bounded_whatever_the_station_says() -> None:
    kept = samples_of(*range(1000), every=MINUTE)
    assert len(kept) <= 37
    assert kept[0][0] >= NOW.timestamp() - 3 * 3600
    assert with_sample(kept, 1, NOW - DAY) == [(int((NOW - DAY).timestamp()), 1)]


@pytest.mark.parametrize(
    ("uptime_before", "uptime", "later", "restarted"),
    [
        (60.0, 120.0, MINUTE, False),
        (60.0, 5.0, MINUTE, True),
        (2.0, 2.1, MINUTE, True),
        (60.0, 100.0, MINUTE, False),
        (60.0, 1.0, SECOND, True),
        (-5.0, -5.0, 10 * SECOND, False),
    ],
    ids=["goes on", "younger", "as young again", "20 s under way", "a second later", "negative"],
)
def test_a_restart_is_seen_in_the_uptime(
    uptime_before: float, uptime: float, later: timedelta, restarted: bool
) -> None:
    before = NOW - later
    assert is_restart(started_at(uptime_before, before), before, started_at(uptime, NOW), NOW) is restarted


def test_an_uptime_beyond_the_calendar_is_an_instant_all_the_same() -> None:
    assert started_at(1e300, NOW) < NOW - 365 * DAY


def test_restarts_are_counted_within_the_hour_and_few_are_kept() -> None:
    kept: list[int] = []
    for minute in range(100):
        kept = with_restart(kept, NOW - HOUR * 2 + minute * MINUTE)
    assert len(kept) == MOST_RESTARTS
    assert restarts_within(kept, HOUR, NOW) == MOST_RESTARTS
    assert restarts_within(kept, HOUR, NOW + HOUR) == 0
