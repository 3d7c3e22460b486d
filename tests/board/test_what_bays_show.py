"""Bays that no session serves, cameras that were pulled too early, and sources that are not heard."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.daemon.bay_board import bay_reports
from agent.daemon.bays import Bays
from agent.errors import DockError
from agent.rules.footage import Presence
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard
from tests.pipeline.dock import VIDEO, Dock


class Station:
    """Bays over a scripted source; each round happens when a test says so."""

    def __init__(self) -> None:
        self.dock = Dock()
        bench = replace(
            self.dock.bench,
            start_work=lambda: MemoryCardWork(self.dock.mounter, self.dock.spool, self.dock.clock),
            settings=replace(
                self.dock.bench.settings, look_again=timedelta(seconds=0.02), bay_labels={"b7": "Bay 7"}
            ),
        )
        failed: list[DockError] = []
        self.bays = Bays([self.dock.source], bench, self.dock.names, failed.append)
        self.bays.start(lambda: None)

    def plug(self, camera: str, bay: str) -> Presence:
        presence = self.dock.source.dock(camera, bay)
        self.dock.mounter.insert(presence, MemoryCard({VIDEO: b"footage"}))
        self.bays.reconcile()
        return presence

    def pull(self, presence: Presence) -> None:
        self.dock.mounter.pull(presence)
        self.dock.source.undock(presence)
        self.bays.reconcile()

    def says(self) -> dict[str, tuple[str, str]]:
        return {board.bay: (says.value, board.camera) for board, says in bay_reports(self.bays)}


def eventually(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline, "not within 20 s"
        threading.Event().wait(0.01)


@pytest.fixture
def station() -> Iterator[Station]:
    made = Station()
    yield made
    made.bays.stop()


@pytest.mark.parametrize(
    ("reason", "word"), [("no_file_system", "not our camera"), ("over_current", "use another bay")]
)
def test_a_bay_that_cannot_be_served_is_shown_with_its_label(station: Station, reason: str, word: str) -> None:
    station.dock.source.trouble("b7", reason)
    station.bays.reconcile()
    assert station.says() == {"b7": (word, "")}
    assert [board.bay_label for board, _ in bay_reports(station.bays)] == ["Bay 7"]
    station.dock.source.unwatched.clear()
    station.bays.reconcile()
    assert station.says() == {}


def test_a_camera_that_is_served_speaks_for_its_bay(station: Station) -> None:
    station.plug("BWC1", "b7")
    station.dock.source.trouble("b7", "over_current")
    station.bays.reconcile()
    eventually(lambda: station.says() == {"b7": ("may be taken", "BWC1")})


def test_a_camera_that_was_pulled_too_early_is_asked_for_until_it_is_back_in_any_bay(station: Station) -> None:
    reading = threading.Event()
    presence = station.dock.source.dock("BWC1", "b7")
    card = MemoryCard({VIDEO: b"footage"})

    def pulled(_offset: int) -> None:
        card.gone = True
        reading.set()

    card.files[VIDEO].on_read = pulled
    station.dock.mounter.insert(presence, card)
    station.bays.reconcile()
    assert reading.wait(20)
    station.pull(presence)
    assert station.says() == {"b7": ("put back", "BWC1")}
    (pulled_board,) = (board for board, _ in bay_reports(station.bays))
    assert pulled_board.view.left_behind == 1

    back = station.plug("BWC1", "b8")
    eventually(lambda: station.says() == {"b8": ("may be taken", "BWC1")})
    station.pull(back)
    assert station.says() == {}, "nobody is asked for a camera that was copied meanwhile"


def test_a_source_that_is_not_heard_is_counted_from_its_first_deaf_round(station: Station) -> None:
    station.bays.reconcile()
    assert station.bays.deaf_s() == 0.0
    station.dock.source.lose_watch()
    station.bays.reconcile()
    first = station.bays.deaf_s()
    station.bays.reconcile()
    assert station.bays.deaf_s() > first > 0.0
    station.dock.source.regain_watch()
    station.bays.reconcile()
    station.bays.reconcile()
    assert station.bays.deaf_s() == 0.0
