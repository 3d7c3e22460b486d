"""The board's contents from boards of sessions and a real ledger: every bay, its pace, the network's memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from agent.daemon.bay_board import BayBoard
from agent.errors import RetryLater
from agent.ledger.read import LedgerView
from agent.pipeline.bench import Board
from agent.pipeline.transfer_status import TransferStatus
from agent.ports import SpoolSpace
from agent.reporting.heartbeat import Pulse
from agent.rules.bay_words import BayState, BayView, bay_says
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from tests.ledger.story import START, Station, at, docked, station_at

LABELS = {"1-1.10": "Bay 10", "1-1.2": "Bay 2"}
COPYING = BayView(occupied=True, identified=True, not_copied=2)
GB = 1_000_000_000


class Scene:
    def __init__(self, station: Station) -> None:
        self.station = station
        self.clock = SimulatedClock(START)
        self.view = LedgerView(station.path)
        central = MemoryCentral(self.clock, "east-1")
        self.pulse = Pulse(station.ledger, central, self.clock, lambda _sequence: pytest.fail("no heartbeat is due"))
        self.start()

    def start(self) -> None:
        """As a new run of the agent would."""
        self.pulse.trouble, self.pulse.store_epoch = None, None
        self.board = BayBoard("east-1", LABELS, self.clock, self.station.ledger, self.view)

    def show(self, *boards: Board, waiting: int = 0, bays_age_s: float = 1.0) -> dict[str, Any]:
        return self.board.content(
            [(board, bay_says(board.view)) for board in boards],
            pulse=self.pulse,
            transfer=TransferStatus("", "", None, waiting, 0, (), 0, ()),
            space=SpoolSpace(free=72 * GB, total=100 * GB, min_free=10 * GB),
            waiting=waiting,
            bays_age_s=bays_age_s,
            deaf_s=0.0,
        )

    def words(self) -> str:
        return str(self.show()["network"]["words"])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    station = station_at(tmp_path / "east-1")
    one = Scene(station)
    yield one
    one.view.close()
    station.ledger.close()


def copying(left: int, total: int = 1000 * 1_000_000, **other: Any) -> Board:
    return Board("1-1.2", "Bay 2", camera="AX-1", view=COPYING, doing="copying", bytes_total=total, bytes_left=left)


def test_every_bay_of_the_configuration_is_there_in_its_order_and_whatever_else_is_plugged_in(scene: Scene) -> None:
    other = Board("2-4", "2-4", camera="AX-9", view=BayView(occupied=True, identified=True))
    tiles = scene.show(copying(5), other)["tiles"]
    assert [(tile["label"], tile["state"]) for tile in tiles] == [
        ("Bay 10", "free"),
        ("Bay 2", "do not remove"),
        ("2-4", "safe to remove"),
    ]


def test_no_tile_is_lost_when_two_cameras_share_a_bay(scene: Scene) -> None:
    two = [Board("1-1.2", "Bay 2", camera=camera, session=uuid4(), view=COPYING) for camera in ("A", "B")]
    assert [tile["camera"] for tile in scene.show(*two)["tiles"]] == ["", "A", "B"]


def test_a_copy_shows_percent_at_once_and_minutes_when_they_are_known(scene: Scene) -> None:
    session = uuid4()
    shown = []
    for second in range(8):
        board = copying(1000 * 1_000_000 - second * 10_000_000)
        board.session = session
        shown.append(scene.show(board)["tiles"][1])
        scene.clock.advance(1)
    assert [tile["percent"] for tile in shown] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert shown[1]["detail"] == "copying 1 %, …"
    assert shown[7]["detail"] == "copying 7 %, 2 min"
    assert shown[7]["bytes_per_s"] == pytest.approx(10_000_000)


def test_the_bytes_of_the_file_under_way_count(scene: Scene) -> None:
    board = copying(1000, total=1000)
    board.file_size, board.file_done = 900, 630
    assert scene.show(board)["tiles"][1]["percent"] == 63


def test_a_copy_that_is_not_over_never_shows_a_hundred_percent(scene: Scene) -> None:
    board = copying(100, total=1000)
    board.file_size = board.file_done = 100
    assert scene.show(board)["tiles"][1]["percent"] == 99


def test_an_outage_is_remembered_over_a_restart_of_the_agent(scene: Scene) -> None:
    scene.pulse.store_epoch = 1
    assert scene.words().startswith("Network up.")
    scene.clock.advance(60)
    scene.pulse.store_epoch, scene.pulse.trouble = None, RetryLater("gone", code="unreachable")
    down = scene.show()["network"]
    assert down["state"] == "down"
    scene.clock.advance(3 * 3600)
    scene.start()
    assert scene.show()["network"] == down
    scene.pulse.trouble = RetryLater("gone", code="unreachable")
    assert scene.show()["network"] == down
    scene.pulse.store_epoch, scene.pulse.trouble = 1, None
    assert scene.words().startswith("Network up.")
    scene.start()
    assert scene.show()["network"]["state"] == "asking"


def test_space_is_foretold_from_what_came_in(scene: Scene) -> None:
    assert "62 GB of space." in scene.words()
    scene.station.stage(b"DCIM/A.MP4", b"x" * 1000)
    scene.clock.advance(120)
    assert "Space for more than 30 days." in scene.words()


def test_the_filling_of_a_young_ledger_spans_its_own_life(scene: Scene) -> None:
    scene.station.stage(b"DCIM/A.MP4", b"x" * 1000)
    now = at(2 * 3600).wall
    filling = scene.view.filling(now - timedelta(days=7), now)
    assert filling.size == 1000
    assert 0 < filling.span_s <= 2 * 3600 + 60
    assert scene.view.filling(now - timedelta(hours=1), now).size == 0


def test_of_more_files_than_are_looked_at_the_newest_count(scene: Scene) -> None:
    for number in range(4):
        scene.station.stage(f"DCIM/{number}.MP4".encode(), b"x" * 100)
    now = at(3600).wall
    filling = scene.view.filling(now - timedelta(days=1), now, limit=2)
    assert filling.size == 200


def test_the_last_twenty_docks_are_shown_newest_first(scene: Scene) -> None:
    for number in range(25):
        scene.station.ledger.commit(docked(uuid4(), f"cam-{number}"))
    docks = scene.show()["docks"]
    assert [dock["camera"] for dock in docks] == [f"cam-{number}" for number in range(24, 4, -1)]
    assert all(dock["is_here"] for dock in docks)


def test_bays_that_nobody_looks_at_are_not_live(scene: Scene) -> None:
    assert scene.show()["live"] is True
    stale = scene.show(bays_age_s=61)
    assert stale["live"] is False
    assert stale["why_not_live"]


def test_what_is_shown_is_what_the_rule_says(scene: Scene) -> None:
    assert scene.show(copying(5))["tiles"][1]["state"] == BayState.DO_NOT_REMOVE.value
