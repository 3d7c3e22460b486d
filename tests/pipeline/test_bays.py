"""Cameras that come and go: what is recorded of each dock, and how far the station may say that it watched."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.daemon.bays import Bays
from agent.errors import DockError
from agent.ports import SourceEvent
from agent.rules.bay_words import BayState
from protocol import events as e
from protocol.events import decode_body
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard
from tests.pipeline.dock import VIDEO, Dock


class Station:
    """Bays over a scripted source. Sessions run in their own threads; rounds happen when a test says so."""

    def __init__(self) -> None:
        self.dock = Dock()
        self.bench = replace(
            self.dock.bench,
            start_work=lambda: MemoryCardWork(self.dock.mounter, self.dock.spool, self.dock.clock),
            settings=replace(self.dock.bench.settings, look_again=timedelta(seconds=0.02)),
        )
        self.failed: list[DockError] = []
        self.bays = Bays([self.dock.source], self.bench, self.dock.names, self.failed.append)

    def start(self) -> None:
        self.bays.start(lambda: None)

    def plug(self, files: dict[bytes, bytes], camera: str = "BWC1") -> MemoryCard:
        presence = self.dock.source.dock(camera)
        card = MemoryCard(files)
        self.dock.mounter.insert(presence, card)
        self.presence = presence
        return card

    def pull(self) -> None:
        self.dock.mounter.pull(self.presence)
        self.dock.source.undock(self.presence)

    def told(self, kind: type[e.Event]) -> list[e.Event]:
        bodies = [decode_body(event.body) for event in self.dock.ledger.events_after(0, 1000)]
        return [body for body in bodies if isinstance(body, kind)]


def eventually(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not what():
        assert time.monotonic() < deadline, "not within 10 s"
        time.sleep(0.01)


@pytest.fixture
def station() -> Iterator[Station]:
    made = Station()
    yield made
    made.bays.stop()


def test_a_dock_is_watched_from_its_plug_to_its_pull(station: Station) -> None:
    station.start()
    station.dock.clock.advance(10)
    station.plug({VIDEO: b"footage"})
    docked_at = station.dock.clock.now().wall
    station.bays.reconcile()
    eventually(lambda: station.told(e.CameraDrained))
    station.dock.clock.advance(10)
    station.bays.reconcile()
    station.dock.clock.advance(5)
    station.pull()
    station.bays.reconcile()
    (docked,), (undocked,) = station.told(e.CameraDocked), station.told(e.CameraUndocked)
    assert isinstance(docked, e.CameraDocked)
    assert isinstance(undocked, e.CameraUndocked)
    assert (docked.seen_at, docked.absent_until) == (docked_at, docked_at)
    assert undocked.last_present_at == docked_at + timedelta(seconds=10)
    assert undocked.absent_at == docked_at + timedelta(seconds=15)
    assert undocked.files_not_copied == 0
    assert station.bays.boards() == []


def test_a_camera_pulled_before_it_could_be_opened_was_docked_all_the_same(station: Station) -> None:
    station.start()
    station.dock.mounter.refuses = "not yet"
    station.plug({VIDEO: b"footage"})
    station.bays.reconcile()
    station.pull()
    station.bays.reconcile()
    (docked,), (undocked,) = station.told(e.CameraDocked), station.told(e.CameraUndocked)
    assert isinstance(docked, e.CameraDocked)
    assert isinstance(undocked, e.CameraUndocked)
    assert docked.camera == undocked.camera == "BWC1"


def test_the_name_of_a_camera_that_left_is_free_for_its_next_dock(station: Station) -> None:
    station.start()
    for _ in range(2):
        before = len(station.told(e.CameraDocked))
        station.plug({VIDEO: b"footage"})
        station.bays.reconcile()
        eventually(lambda before=before: len(station.told(e.CameraDocked)) > before)
        station.pull()
        station.bays.reconcile()
    assert [docked.camera for docked in station.told(e.CameraDocked)] == ["BWC1", "BWC1"]  # type: ignore[union-attr]
    assert station.told(e.IdentityClash) == []


def test_a_camera_pulled_too_early_is_asked_back_until_another_comes(station: Station) -> None:
    station.start()
    reading = threading.Event()
    card = station.plug({VIDEO: b"footage"})

    def pulled(_offset: int) -> None:
        card.gone = True
        reading.set()

    card.files[VIDEO].on_read = pulled
    station.bays.reconcile()
    assert reading.wait(10)
    station.pull()
    station.bays.reconcile()
    ((board, left),) = station.bays.left_behind().values()
    assert (board.camera, left) == ("BWC1", 1)
    (undocked,) = station.told(e.CameraUndocked)
    assert isinstance(undocked, e.CameraUndocked)
    assert undocked.files_not_copied == 1
    station.plug({VIDEO: b"footage"})
    station.bays.reconcile()
    assert station.bays.left_behind() == {}


def test_the_station_has_watched_no_further_than_its_last_whole_round(station: Station) -> None:
    assert station.bays.watch().until is None
    station.start()
    started = station.dock.clock.now().wall
    station.dock.clock.advance(60)
    assert station.bays.watch().until == started
    station.bays.reconcile()
    assert station.bays.watch().until == started + timedelta(seconds=60)
    head = station.dock.ledger.head()
    assert head is not None
    assert station.bays.watch().event == head.number


def test_while_the_source_is_deaf_nothing_more_was_watched_and_the_gap_is_told(station: Station) -> None:
    station.start()
    station.bays.reconcile()
    proven = station.bays.watch().until
    station.dock.source.lose_watch()
    for _ in range(3):
        station.dock.clock.advance(15)
        station.bays.reconcile()
        assert station.bays.watch().until == proven
    station.dock.source.regain_watch()
    station.bays.reconcile()
    assert station.bays.watch().until == proven, "the first look after the gap still belongs to it"
    station.dock.clock.advance(15)
    station.bays.reconcile()
    assert station.bays.watch().until == station.dock.clock.now().wall
    (stopped,) = station.told(e.WatchStopped)
    assert isinstance(stopped, e.WatchStopped)
    assert stopped.until == proven


def test_a_camera_whose_dock_is_not_recorded_yet_holds_the_claim_back(station: Station) -> None:
    """Central would take its absence from the events for its absence from the bay."""
    station.start()
    station.dock.clock.advance(30)
    station.dock.mounter.refuses = "hangs"
    station.plug({VIDEO: b"footage"})
    docked_at = station.dock.clock.now().wall
    patient = replace(station.bench.settings, retry_bay=timedelta(seconds=30))
    station.bays._bench = replace(station.bench, settings=patient)
    station.bays.reconcile()
    station.dock.clock.advance(30)
    station.bays.reconcile()
    assert station.told(e.CameraDocked) == []
    assert station.bays.watch().until == docked_at


def test_a_camera_that_left_while_the_agent_was_away_was_last_there_at_the_last_proof() -> None:
    first = Station()
    first.start()
    first.plug({VIDEO: b"footage"})
    first.bays.reconcile()
    eventually(lambda: first.told(e.CameraDrained))
    proof = first.dock.clock.now().wall
    first.dock.ledger.remember(alive_at=proof.isoformat())
    first.bays.stop()
    first.pull()
    first.dock.clock.advance(600)
    second = Bays([first.dock.source], first.bench, first.dock.names, first.failed.append)
    second.start(lambda: None)
    second.stop()
    (undocked,) = first.told(e.CameraUndocked)
    assert isinstance(undocked, e.CameraUndocked)
    assert (undocked.last_present_at, undocked.absent_at) == (proof, proof + timedelta(seconds=600))


def test_after_a_restart_the_dock_goes_on_and_every_file_is_read_again_before_it_is_safe() -> None:
    first = Station()
    first.start()
    card = first.plug({VIDEO: b"footage"})
    first.bays.reconcile()
    eventually(lambda: first.told(e.CameraDrained))
    first.bays.stop()
    reads: list[int] = []
    card.files[VIDEO].on_read = reads.append
    second = Bays([first.dock.source], first.bench, first.dock.names, first.failed.append)
    second.start(lambda: None)
    eventually(lambda: reads)
    second.stop()
    assert len(first.told(e.CameraDocked)) == 1
    assert first.told(e.CameraUndocked) == []


def test_a_bug_met_with_one_card_is_shown_in_its_bay_and_tried_again(station: Station) -> None:
    station.start()
    card = station.plug({VIDEO: b"footage"})
    bugs = iter([ValueError("nobody foresaw this")])

    def bug(_offset: int) -> None:
        for error in bugs:
            raise error

    card.files[VIDEO].on_read = bug
    station.bays.reconcile()
    eventually(lambda: station.told(e.CameraDrained))
    (trouble,) = station.told(e.BayTrouble)
    assert isinstance(trouble, e.BayTrouble)
    assert (trouble.reason, "nobody foresaw" in trouble.detail) == ("session_failed", True)


def test_a_broken_ledger_stops_the_station(station: Station) -> None:
    station.start()
    station.dock.ledger.broken = True
    station.plug({VIDEO: b"footage"})
    station.bays.reconcile()
    eventually(lambda: station.failed)
    station.dock.ledger.broken = False


def test_what_a_source_reports_becomes_an_event(station: Station) -> None:
    station.start()
    at = station.dock.clock.now()
    station.dock.source.happen(SourceEvent("device_refused", at, bay="1-1", reason="symlink"))
    station.dock.source.happen(SourceEvent("bay_trouble", at, bay="1-2", reason="over_current"))
    station.bays.reconcile()
    assert [type(event).__name__ for event in (*station.told(e.DeviceRefused), *station.told(e.BayTrouble))] == [
        "DeviceRefused",
        "BayTrouble",
    ]


def test_a_camera_of_a_rebuilt_ledger_pulled_before_it_was_read_is_asked_back() -> None:
    dock = Dock(rebuilt=True)
    dock.plug({VIDEO: b"footage", b"b.mp4": b"more"}, settle_s=60.0)
    dock.session.round(dock.begin())
    assert dock.states() == []
    assert dock.says() is BayState.DO_NOT_REMOVE
    assert dock.session.not_copied() == 2
