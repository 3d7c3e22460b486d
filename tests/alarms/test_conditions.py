"""What makes an alarm, as tables: facts and an instant in, names out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from central.alarms.conditions import find
from central.alarms.facts import (
    BaySaid,
    Channels,
    Facts,
    GapHeld,
    Limits,
    NotLetIn,
    PutAside,
    Roster,
    Said,
    Station,
    Unknown,
    UnwatchedNow,
    Word,
    Words,
)
from central.alarms.kinds import WORDS, Kind

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LIMITS = Limits(up_since=NOW - 48 * HOUR, zone=ZoneInfo("America/Chicago"))
GIB = 2**30


def east(heard: timedelta = MINUTE, **facts: object) -> Station:
    return Station("east", NOW - heard, **facts)  # type: ignore[arg-type]


def silent(heard: timedelta = 15 * MINUTE) -> Station:
    return east(heard, silent_at=NOW - heard + 15 * MINUTE)


def saying(**said: object) -> Station:
    return east(said=Said(**said))  # type: ignore[arg-type]


def opened(facts: Facts, limits: Limits = LIMITS) -> list[tuple[str, str]]:
    return [(one.kind.value, one.subject) for one in find(facts, limits, NOW).open]


def holding(ends: datetime | None, made: datetime = NOW - 60 * DAY) -> Station:
    return east(credential_made_at=made, credential_ends_at=ends)


STATIONS = [
    ("a station that beats", east(), None),
    ("one that was never heard is new", replace(east(), heard_at=None, parked=3), None),
    ("one that is not heard, and did not flip yet", east(16 * MINUTE), None),
    ("one that flipped", silent(), "station_silent"),
    ("a loop that stood still for 3 min", saying(loop_ages_s=(("upload", 180.0),)), None),
    ("a loop that stands still for longer", saying(loop_ages_s=(("upload", 181.0),)), "station_unhealthy"),
    ("20 GiB of disk left", saying(disk_free=20 * GIB, disk_total=99 * GIB), None),
    ("19 GiB of disk left", saying(disk_free=19 * GIB, disk_total=99 * GIB), "disk_low"),
    ("a disk that was not told", saying(disk_free=0, disk_total=0), None),
    ("a clock off by a minute", saying(clock_ahead_ms=60_000.0), None),
    ("a clock that is ahead", saying(clock_ahead_ms=60_001.0), "clock_off"),
    ("a clock that is behind", saying(clock_ahead_ms=-400_000.0), "clock_off"),
    ("a clock that was never measured", saying(clock_ahead_ms=None), None),
    ("a file that waits for a day", saying(oldest_unreceipted_at=NOW - 24 * HOUR), None),
    ("a file that waits for longer", saying(oldest_unreceipted_at=NOW - 25 * HOUR), "oldest_unreceipted_too_old"),
    ("a credential with 14 days", holding(NOW + 14 * DAY), None),
    ("a credential with less", holding(NOW + 14 * DAY - SECOND), "credential_expiring"),
    ("one that ended", holding(NOW - HOUR), "credential_expiring"),
    ("one without an end, of a month ago", holding(None, made=NOW - 30 * DAY), None),
    ("one without an end, of long ago", holding(None, made=NOW - 77 * DAY), "credential_expiring"),
    ("a boot that spoke again once", saying(twins=1), None),
    ("boots that speak in turn", saying(twins=2), "two_pcs"),
    ("a gap for 4 min", east(gap=GapHeld(7, NOW - 4 * MINUTE)), None),
    ("a gap for 5 min", east(gap=GapHeld(7, NOW - 5 * MINUTE)), "chain_gap"),
    ("a parked event", east(parked=1), "parked_event"),
    ("a fork", east(forks=1), "fork"),
    ("an old ledger that spoke", east(spoke_again=NOW - HOUR), "ledger_spoke_again"),
    ("one that spoke a week ago", east(spoke_again=NOW - 168 * HOUR), None),
    ("one that told more than we hold", east(went_back=True), "central_went_back"),
]


@pytest.mark.parametrize(("station", "kind"), [row[1:] for row in STATIONS], ids=[row[0] for row in STATIONS])
def test_a_station_and_what_is_told_of_it(station: Station, kind: str | None) -> None:
    assert opened(Facts((station,))) == ([] if kind is None else [(kind, "east")])


BAYS = [
    ("free", None),
    ("do not remove", None),
    ("put back", None),
    ("use another bay", ("bay_in_trouble", "east, Bay 7")),
    ("leave in bay", ("camera_unreadable", "C1")),
]


@pytest.mark.parametrize(("word", "alarm"), BAYS)
def test_a_bay_and_what_is_told_of_it(word: str, alarm: tuple[str, str] | None) -> None:
    station = saying(bays=(BaySaid("1-1", "Bay 7", word, "C1"),))
    assert opened(Facts((station,))) == ([] if alarm is None else [alarm])


@pytest.mark.parametrize(("minutes", "count"), [(4, 0), (5, 1)])
def test_a_bay_that_is_not_watched_is_told_when_it_lasts(minutes: int, count: int) -> None:
    station = replace(
        saying(bays=(BaySaid("1-1", "Bay 7", "use another bay"),)),
        unwatched=(UnwatchedNow("1-1", "over_current", NOW - minutes * MINUTE),),
    )
    found = find(Facts((station,)), LIMITS, NOW).open
    assert [one.subject for one in found] == ["east, Bay 7"]
    assert ("over_current" in found[0].sentence) == bool(count)


def refused(sort: str, times: int) -> Facts:
    return Facts(not_let_in=(NotLetIn(sort, "east", times, NOW - MINUTE),))


OTHERS = [
    ("nothing", Facts(), []),
    ("a roster of 36 h", Facts(roster=Roster(NOW - 36 * HOUR)), []),
    ("an older roster", Facts(roster=Roster(NOW - 37 * HOUR)), [("roster_too_old", "central")]),
    ("no roster at all", Facts(roster=Roster(None)), []),
    ("an import that waits", Facts(roster=Roster(NOW, 1)), [("roster_waiting", "central")]),
    ("a folder", Facts(roster=Roster(NOW, 0, "cannot be used")), [("roster_folder", "central")]),
    ("put aside", Facts(put_aside=(PutAside("east", "C1", 2, ("unreadable",)),)), [("quarantined_file", "east, C1")]),
    ("unknown", Facts(unknown=(Unknown("east", "C9", NOW - HOUR),)), [("unknown_camera", "east, C9")]),
    ("unknown, yesterday", Facts(unknown=(Unknown("east", "C9", NOW - 24 * HOUR),)), []),
    ("a wrong credential", refused("credential_refused", 4), [("credential_refused", "east")]),
    ("a wrong paste", refused("credential_refused", 3), []),
    ("a flood", refused("flood", 64), [("flood", "east")]),
    ("a burst", refused("flood", 63), []),
    ("a message of tomorrow", refused("protocol_too_new", 1), [("protocol_too_new", "east")]),
    ("what no kind is for", refused("other", 999), []),
    ("mail", Facts(channels=Channels(NOW, "hung up", 4)), [("mail_failing", "central")]),
    ("put off", Facts(channels=Channels(put_off=(("pat@example", "550"),))), [("mail_refused", "pat@example")]),
    ("refused", Facts(channels=Channels(refused=(("pat@example", "550"),))), [("mail_refused", "pat@example")]),
    ("nobody", Facts(channels=Channels(unaddressed=2)), [("nobody_to_tell", "central")]),
    ("webhook", Facts(channels=Channels(webhook_failing_since=NOW)), [("webhook_failing", "central")]),
    ("central's disk", Facts(central_disk_free=GIB), [("central_disk_low", "central")]),
    ("a worker that worked", Facts(worked_at=NOW - 10 * MINUTE), []),
    ("a worker that does not", Facts(worked_at=NOW - 11 * MINUTE), [("worker_stale", "central")]),
]


@pytest.mark.parametrize(("facts", "alarms"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_what_is_told_of_everything_else(facts: Facts, alarms: list[tuple[str, str]]) -> None:
    assert opened(facts) == alarms


def test_who_is_not_heard_and_not_silent_has_not_come_back_either() -> None:
    """Central was down for a day and came up ten minutes ago; or its limits were made longer."""
    found = find(Facts((east(24 * HOUR),)), LIMITS, NOW)
    assert found.open == ()
    assert ("station_silent", "east") in found.unsure


def test_what_a_heartbeat_said_long_ago_neither_begins_nor_ends_an_alarm() -> None:
    low = Said(disk_free=GIB, disk_total=99 * GIB)
    found = find(Facts((east(4 * MINUTE, said=low),)), LIMITS, NOW)
    assert found.open == ()
    assert ("disk_low", "east") in found.unsure
    assert ("disk_low", "east") not in find(Facts((east(said=low),)), LIMITS, NOW).unsure


def test_a_sentence_does_not_change_by_time_alone() -> None:
    """It would be written again every second, and nobody could tell what is new."""
    station = replace(silent(20 * MINUTE), gap=GapHeld(7, NOW - HOUR), parked=1, forks=1)
    (first, *_), (second, *_) = (find(Facts((station,)), LIMITS, at).open for at in (NOW, NOW + 3 * HOUR))
    assert first.sentence == second.sentence
    assert "Nov 23 03:40" in first.sentence, "as the clocks in Chicago show it"


ELSEWHERE = {
    *("camera_lost", "dock_check", "contest_overdue"),  # below
    *("site_silent", "version_too_old", "drift", "docked_not_safe", "disk_filling", "crash_loop"),  # of fleets
    "central_clock",
}


def test_every_kind_has_a_case_that_opens_it() -> None:
    of_stations = {kind for *_, kind in STATIONS if kind}
    of_bays = {alarm[0] for _, alarm in BAYS if alarm}
    here = of_stations | of_bays | {kind for *_, alarms in OTHERS for kind, _ in alarms}
    assert here & ELSEWHERE == set()
    assert here | ELSEWHERE == set(Kind)


def test_every_kind_has_words() -> None:
    assert set(WORDS) == set(Kind)


def test_of_a_short_lifetime_a_sixth_is_little_and_without_any_nothing_is_told() -> None:
    short = replace(LIMITS, credential_lifetime=6 * HOUR)
    assert opened(Facts((holding(NOW + HOUR, NOW - 5 * HOUR),)), short) == []
    assert opened(Facts((holding(NOW + HOUR - SECOND, NOW - 5 * HOUR),)), short)
    endless = replace(LIMITS, credential_lifetime=timedelta(0))
    assert opened(Facts((holding(None, NOW - 999 * DAY),)), endless) == []


def word(**more: object) -> Word:
    return Word(12, "C1", "chen@pd.example", NOW - HOUR, **more)  # type: ignore[arg-type]


def test_a_lost_camera_and_a_dock_to_look_into_are_told_once_per_camera() -> None:
    words = Words(losses=(word(), word()), checks=(word(where="east, Bay 7"),))
    assert opened(Facts(words=words)) == [("camera_lost", "C1"), ("dock_check", "C1")]
    check = find(Facts(words=words), LIMITS, NOW).open[1]
    assert "C1 was docked at east, Bay 7, and no dock saw it" in check.sentence


@pytest.mark.parametrize(("due", "kinds"), [(SECOND, [("contest_overdue", "answer 12")]), (-SECOND, [])])
def test_a_contest_is_told_once_its_date_is_over(due: timedelta, kinds: list[tuple[str, str]]) -> None:
    assert opened(Facts(words=Words(contests=(word(due_at=NOW - due),)))) == kinds
