"""Central's rows of what was watched: a claim counts as far as every event is held, and understood."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from central.custody.models import DockSession, ParkedEvent
from central.custody.parked import may_speak_of_watching, understand_parked
from central.custody.touching import touched_after
from central.custody.watch_models import NotSeenReport, WatchClaim
from central.fleet.models import Heartbeat, Ledger
from protocol import events as e
from protocol.messages import LedgerHead
from tests.watching.telling import SHELF, USB, Telling, at, bay_of, known, minutes, watched

pytestmark = pytest.mark.django_db


def test_a_source_is_watched_from_its_start_to_the_latest_claim() -> None:
    east = Telling()
    east.start(0)
    assert watched(known()) == {USB: [(0, 0)]}, "nothing was claimed yet"
    east.beat(5)
    east.beat(6)
    assert watched(known()) == {USB: [(0, 6)]}
    assert Heartbeat.objects.get(pk="east").proven_until == at(6)


def test_a_claim_counts_once_every_event_up_to_its_number_is_held() -> None:
    east = Telling()
    east.start(0)
    east.beat(5)
    east.linked = False
    session = east.dock(8, absent=7)
    east.undock(9, session)
    east.beat(10)
    assert watched(known()) == {USB: [(0, 5)]}
    east.send(11, most=1)
    assert watched(known())[USB] == [(0, 5)]
    east.send(11)
    assert watched(known()) == {USB: [(0, 10)], "1-1": [(0, 10)]}
    assert not WatchClaim.objects.exists()
    (station,) = known().stations
    assert (minutes(station.reported_until), minutes(station.heard_at)) == (10, 10)


def test_a_claim_of_a_ledger_that_central_does_not_know_counts_for_nothing() -> None:
    east = Telling()
    east.beat(5, event=1)
    assert known().stations[0].reported_until is None
    assert watched(known()) == {}


def test_a_crash_ends_the_watch_at_the_last_proof_and_the_next_run_begins_another() -> None:
    east = Telling()
    east.start(0)
    east.beat(10)
    east.stop(20, 9, reason="crashed")
    east.start(20)
    east.beat(30)
    assert watched(known()) == {USB: [(0, 9), (20, 30)]}


def test_a_deaf_source_is_unwatched_and_takes_no_other_with_it() -> None:
    east = Telling()
    east.start(0, USB, SHELF)
    east.stop(12, 10, SHELF, reason="folder_gone")
    east.beat(20)
    assert watched(known()) == {USB: [(0, 20)], SHELF: [(0, 10)]}
    assert Heartbeat.objects.get(pk="east").proven_until == at(10), "one source is deaf since"
    assert minutes(known().stations[0].reported_until) == 20, "but all is told, so nobody waits for it"
    east.resume(25, SHELF)
    east.beat(30)
    assert watched(known())[SHELF] == [(0, 10), (25, 30)]
    assert Heartbeat.objects.get(pk="east").proven_until == at(30)


def test_a_source_that_has_been_deaf_for_long_is_still_a_source() -> None:
    east = Telling()
    east.start(0, USB, SHELF)
    east.stop(12, 10, SHELF, reason="folder_gone")
    week = 7 * 1440.0
    east.beat(week)
    assert watched(known(since=week - 10, until=week))[SHELF] == [(0, 10)]


def test_a_source_that_was_taken_out_of_the_configuration_owes_nothing_any_more() -> None:
    east = Telling()
    east.start(0, USB, SHELF)
    east.stop(10, 10)
    east.start(11, USB)
    week = 7 * 1440.0
    east.beat(week)
    assert set(watched(known(since=week - 10, until=week))) == {USB}


def test_a_drop_folder_is_never_watched() -> None:
    east = Telling()
    east.start(0, USB, SHELF, blind=(SHELF,))
    east.beat(10)
    assert watched(known()) == {USB: [(0, 10)], SHELF: []}
    assert Heartbeat.objects.get(pk="east").proven_until == at(10)


def test_a_bay_in_trouble_is_unwatched_while_its_source_is_not() -> None:
    east = Telling()
    east.start(0)
    for reason, since, until in (("over_current", 10, 20), ("failed_enumeration", 15, 25)):
        east.tell(
            since,
            e.BayUnwatched(at=east.clock(since), source=USB, bay="1-4", reason=reason, since=east.wall(since)),
        )
        assert until > since
    east.beat(18)
    assert watched(known()) == {USB: [(0, 18)], "1-4": [(0, 10)]}
    east.tell(20, e.BayWatched(at=east.clock(20), source=USB, bay="1-4", reason="over_current"))
    east.tell(25, e.BayWatched(at=east.clock(25), source=USB, bay="1-4", reason="failed_enumeration"))
    east.beat(30)
    assert watched(known()) == {USB: [(0, 30)], "1-4": [(0, 10), (25, 30)]}


def test_the_bay_that_held_the_camera_is_one_of_its_own() -> None:
    east = Telling()
    east.start(0)
    session = east.dock(5, absent=4)
    east.undock(8, session)
    east.stop(10, 10)
    east.start(12)
    east.beat(20)
    facts = known()
    assert watched(facts) == {USB: [(0, 10), (12, 20)], "1-1": [(0, 10), (12, 20)]}
    (dock,) = facts.sessions
    told = (dock.absent_until, dock.seen_at, dock.last_present_at, dock.absent_at)
    assert [minutes(one) for one in told] == [4, 5, 8, 8]


def test_an_event_that_nobody_understands_leaves_its_station_unwatched_from_there() -> None:
    east = Telling()
    east.start(0)
    east.beat(10)
    east.tell(12, '{"type": "tomorrows_event", "at": 1}')
    east.stop(15, 15)
    east.start(16)
    east.beat(20)
    facts = known()
    assert watched(facts) == {USB: [(0, 10)]}
    assert minutes(facts.stations[0].reported_until) == 20


def test_an_unreadable_event_of_another_kind_leaves_the_watch_alone() -> None:
    east = Telling()
    east.start(0)
    east.tell(12, '{"type": "asset_staged", "at": 1}')
    east.beat(20)
    assert ParkedEvent.objects.count() == 1
    assert watched(known()) == {USB: [(0, 20)]}
    assert may_speak_of_watching("no JSON")
    assert may_speak_of_watching('{"type": "camera_docked"}')


def test_what_is_understood_at_last_counts_from_then_on(monkeypatch: pytest.MonkeyPatch) -> None:
    east = Telling()
    east.start(0)
    east.beat(5)
    with monkeypatch.context() as older:
        older.setattr("central.custody.recording.decode_body", _older_central)
        east.stop(12, 10, reason="crashed")
        east.start(15)
        east.beat(20)
        assert watched(known()) == {USB: [(0, 5)]}
    serial = max(news.serial for news in touched_after(0))
    assert understand_parked(at(30)) == 1
    assert watched(known()) == {USB: [(0, 10), (15, 20)]}
    assert [news.name for news in touched_after(serial)] == ["east"]
    assert understand_parked(at(31)) == 0


def _older_central(body: bytes) -> e.Event:
    event = e.decode_body(body)
    if isinstance(event, e.WatchStopped):
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "a type that it does not know")
    return event


def test_what_a_ledger_says_of_itself_counts_when_it_is_understood_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    east = Telling()
    east.start(0)
    before = LedgerHead(ledger_uuid=uuid4(), number=7, hash="ab" * 32)
    with monkeypatch.context() as older:
        older.setattr("central.custody.recording.decode_body", _central_of_the_first_release)
        east.tell(1, e.LedgerSucceeds(at=east.clock(1), predecessor=before, reason="lost"))
        east.tell(2, e.CentralWentBack(at=east.clock(2), acknowledged=40, held=30, store_epoch=3))
        east.stop(3, 3)
    assert understand_parked(at(30)) == 2
    ledger = Ledger.objects.get()
    assert (ledger.predecessor, ledger.succession) == (before.ledger_uuid, "lost")
    assert (ledger.set_back_from, ledger.set_back_epoch) == (40, 3)
    assert ledger.head_number == 4, "understanding late takes nothing back"


def _central_of_the_first_release(body: bytes) -> e.Event:
    event = e.decode_body(body)
    if isinstance(event, e.LedgerSucceeds | e.CentralWentBack):
        raise UnicodeDecodeError("utf-8", b"", 0, 1, "a type that it does not know")
    return event


# --- clocks ---------------------------------------------------------------------------------------------


def test_instants_are_put_on_our_clock_by_the_measured_offset() -> None:
    east = Telling(ahead_ms=600_000)
    east.start(0)
    east.dock(5, absent=4)
    east.beat(10)
    facts = known()
    assert watched(facts)["1-1"] == [(0, 10)]
    assert minutes(facts.sessions[0].seen_at) == 5


def test_what_was_told_before_the_clock_was_measured_gets_its_offset_from_the_same_boot() -> None:
    east = Telling(ahead_ms=None)
    east.start(0)
    east.dock(5, absent=4)
    assert known().sessions[0].uncertainty == timedelta(days=1)
    east.beat(6)
    east.ahead_ms = 0.0
    east.beat(7)
    facts = known()
    assert facts.sessions[0].uncertainty == timedelta(0)
    assert bay_of(facts, "1-1").watched[0].uncertainty == timedelta(0)


def test_a_boot_whose_clock_was_never_measured_stays_uncertain() -> None:
    east = Telling(ahead_ms=None)
    east.start(0)
    east.stop(9, 9)
    east.boot, east.ahead_ms = "boot-2", 0.0
    east.start(10)
    east.beat(11)
    first, second = bay_of(known(), USB).watched
    assert (first.uncertainty, second.uncertainty) == (timedelta(days=1), timedelta(0))


# --- docks ----------------------------------------------------------------------------------------------


def test_two_cameras_of_one_name_are_evidence_for_neither() -> None:
    east = Telling()
    east.start(0)
    first = east.dock(5)
    other = east.dock(6, "C1~1-2", "1-2")
    east.tell(6, e.IdentityClash(at=east.clock(6), session=other, camera="C1", other_session=first))
    assert known().sessions == ()
    assert set(DockSession.objects.values_list("identity_unique", flat=True)) == {False}


def test_a_dock_of_a_lost_ledger_ended_between_its_last_proof_and_the_first_look_of_the_next() -> None:
    old = Telling()
    old.start(0)
    old.dock(5, absent=4)
    old.beat(20)
    assert known().sessions[0].absent_at is None, "open: it is there still"
    new = Telling()
    new.start(60)
    (dock,) = known().sessions
    assert (minutes(dock.last_present_at), minutes(dock.absent_at)) == (20, 60)


def test_a_station_where_it_docked_is_among_the_facts_though_nobody_asked_for_it() -> None:
    east, west = Telling(), Telling("west")
    east.start(0)
    west.start(0)
    west.dock(5)
    west.beat(10)
    facts = known("C1", "east")
    assert [one.station for one in facts.stations] == ["east", "west"]
    assert watched(facts, "west") == {USB: [(0, 10)], "1-1": [(0, 10)]}


# --- reports and news -----------------------------------------------------------------------------------


def not_seen(east: Telling, minute: float, deadline: float = 60) -> e.CameraNotSeen:
    return e.CameraNotSeen(
        at=east.clock(minute),
        shift_id="S-1",
        camera="C1",
        ends_at=at(0),
        deadline_at=at(deadline),
        policy_revision="p",
        unwatched=[e.UnwatchedSpan(since=at(5), until=at(6), source=USB, bay="1-4", reason="over_current")],
    )


def test_a_report_is_kept_once_per_deadline_and_ended_by_the_next_dock_anywhere() -> None:
    east, west = Telling(), Telling("west")
    east.start(0)
    east.tell(61, not_seen(east, 61))
    east.tell(62, not_seen(east, 62))
    east.tell(63, not_seen(east, 63, deadline=62))
    assert NotSeenReport.objects.count() == 2
    (gap,) = NotSeenReport.objects.first().coverage  # type: ignore[union-attr]
    assert (gap["bay"], gap["reason"]) == ("1-4", "over_current")
    session = west.dock(70)
    assert set(NotSeenReport.objects.values_list("ended_by", flat=True)) == {session}


def test_a_report_that_comes_after_the_dock_at_another_station_is_ended_by_it_at_once() -> None:
    east, west = Telling(), Telling("west")
    earlier = west.dock(-30)
    west.undock(-20, earlier)
    session = west.dock(30)
    east.tell(61, not_seen(east, 61))
    assert NotSeenReport.objects.get().ended_by == session


def test_news_is_told_in_order_and_once_for_each_camera_and_station() -> None:
    east = Telling()
    east.start(0)
    session = east.dock(5)
    east.beat(6)
    east.undock(7, session)
    news = touched_after(0)
    assert [(one.kind, one.name) for one in news] == [("station", "east"), ("told", "east"), ("camera", "C1")]
    assert [one.serial for one in news] == sorted(one.serial for one in news)
    assert [one.name for one in touched_after(news[1].serial)] == ["C1"]


@pytest.mark.parametrize("offset", [float("nan"), float("inf"), 1e300])
def test_a_clock_that_says_nonsense_is_no_clock(offset: float) -> None:
    east = Telling(ahead_ms=None)
    reading = east.clock(0)
    reading.offset_ms, reading.uncertainty_ms = offset, 0.0
    east.tell(0, e.WatchStarted(at=reading, reason="started", sources=[USB]))
    east.beat(1)
    assert bay_of(known(), USB).watched[0].uncertainty == timedelta(days=1)


def test_a_gap_of_a_bay_that_was_never_told_to_begin_ends_nothing() -> None:
    east = Telling()
    east.start(0)
    east.tell(5, e.BayWatched(at=east.clock(5), source=USB, bay="1-1", reason="over_current"))
    east.stop(6, 6, "folder:/unknown")
    east.tell(7, e.IdentityClash(at=east.clock(7), session=uuid4(), camera="C1", other_session=uuid4()))
    east.beat(8)
    assert watched(known()) == {USB: [(0, 8)]}
