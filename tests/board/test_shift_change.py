"""Twenty-four cameras come back at once, half of them while central is away: what the board says is always true."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.card_folder import write_card
from simulator.clips import CardPlan
from tests import leaving_nothing
from tests.acceptance.exported import exported
from tests.central_server import CentralServer
from tests.dock_station import DOCK_AGENT, ROOT, DockStation, eventually, files_below

CAMERAS = [f"BWC{number:04}" for number in range(1, 25)]
FIRST, SECOND = CAMERAS[:12], CAMERAS[12:]
LOOK_EVERY_S = 0.3
DURABLE = ("may be taken", "safe to remove")


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "central")
    server.init()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def station(tmp_path: Path, central: CentralServer) -> Iterator[DockStation]:
    one = DockStation(tmp_path, central)
    bays = "".join(f'"folder:{camera}" = "Bay {number}"\n' for number, camera in enumerate(CAMERAS, 1))
    one.write_config(f"[bays]\n{bays}")
    one.enroll()
    yield one
    one.kill()


class Watched:
    """Reads the board as a screen does, and checks each word against the disks when it is first said."""

    def __init__(self, station: DockStation, central: CentralServer) -> None:
        self._station = station
        self._central = central
        self._held: dict[str, set[str]] = {}
        self._first: dict[tuple[str, str], datetime] = {}
        self.url = str(eventually(lambda: station.logged("status_page_listening"))[0]["url"])
        self._session = requests.Session()
        self._between = threading.Event()
        self.looks = 0
        self.words = ""

    def dock(self, camera: str) -> None:
        card = self._station.away / camera
        plan = CardPlan(serial=camera, files=1, size=32 * 1024, half_written=False, recorded_until=datetime.now(UTC))
        write_card(card, plan)
        self._held[camera] = set(files_below(card).values())
        card.rename(self._station.cameras / camera)

    def take(self, camera: str) -> None:
        self._station.undock(camera)

    def look(self) -> dict[str, str]:
        """What the board says of each camera now; every new promise is held against what is on the disks."""
        board: dict[str, Any] = self._session.get(f"{self.url}/status", timeout=60).json()["board"]
        self.looks += 1
        self.words = board["network"]["words"]
        assert [tile["label"] for tile in board["tiles"]] == [f"Bay {number}" for number in range(1, 25)]
        says = {tile["bay"].removeprefix("folder:"): tile["state"] for tile in board["tiles"]}
        for camera, state in says.items():
            if state in DURABLE and (camera, state) not in self._first:
                self._first[camera, state] = datetime.now(UTC)
                self._check(camera, state)
            if camera not in self._held:
                assert state == "free", f"{camera} is not here, and its bay says {state!r}"
        return says

    def _check(self, camera: str, state: str) -> None:
        kept = set(self._central.objects())
        if state == "may be taken":
            kept |= set(files_below(self._station.state / "spool").values())
        assert self._held[camera] <= kept, f"{camera}: {state!r} before every file was where that word puts it"

    def wait(self, wanted: Callable[[dict[str, str]], bool], why: str) -> None:
        """A snapshot is written every second: three looks see each."""
        eventually(lambda: self._between.wait(LOOK_EVERY_S) or wanted(self.look()), within_s=90, why=why)

    def said_before_its_time(self, assets: list[dict[str, object]]) -> list[str]:
        """Against central's own export: promises that were made before the last file of that camera was there."""
        early = []
        for (camera, state), at in self._first.items():
            of = "verified_at" if state == "safe to remove" else "staged_at"
            instants = [row[of] for row in assets if row["camera_serial"] == camera]
            assert len(instants) == len(self._held[camera]), f"{camera}: {instants}"
            if not all(instants) or max(datetime.fromisoformat(str(one)) for one in instants) > at:
                early.append(f"{camera} {state} at {at}: {instants}")
        return early


@pytest.mark.timeout(400)
def test_at_shift_change_the_board_never_promises_more_than_is_true(
    station: DockStation, central: CentralServer, tally: Callable[[str], None]
) -> None:
    station.start()
    board = Watched(station, central)
    eventually(lambda: station.snapshot().get("board"), why="a first snapshot")
    for camera in FIRST:
        board.dock(camera)
        board.look()
    board.wait(lambda says: all(says[camera] == "safe to remove" for camera in FIRST), "the first twelve are safe")
    assert board.words.startswith("Network up.")
    for camera in FIRST:
        board.take(camera)
    board.wait(lambda says: all(state == "free" for state in says.values()), "bays whose camera was taken are free")

    central.kill()
    for camera in SECOND:
        board.dock(camera)
        board.look()
    board.wait(lambda says: all(says[camera] == "may be taken" for camera in SECOND), "the others may be taken")
    board.wait(lambda _says: board.words.startswith("Network down since"), "the board says that the network is down")
    board.wait(lambda _says: "Docking counts. Space for " in board.words, "and for how long there is space")
    _on_a_terminal_it_says_the_same(station)
    _for_machines_it_is_lines(station)

    central.restart()
    board.wait(lambda says: all(says[camera] == "safe to remove" for camera in SECOND), "the others are safe too")

    def all_told() -> list[dict[str, object]] | None:
        assets = exported(central, "assets")
        told = [row for row in assets if row["verified_at"] and row["staged_at"]]
        return assets if len(told) == len(CAMERAS) * 3 else None

    assets = eventually(all_told, why="central was told of every file")
    assert board.said_before_its_time(assets) == []
    tally(f"shift change: 24 cameras, the board read {board.looks} times, no promise before its time")


def _on_a_terminal_it_says_the_same(station: DockStation) -> None:
    leader, follower = pty.openpty()
    _resize(follower, rows=60, columns=120)
    before = termios.tcgetattr(follower)
    command = [*DOCK_AGENT, "status", "--watch", "--config", str(station.config)]
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""}
    process = leaving_nothing.start(
        command, cwd=ROOT, stdin=follower, stdout=follower, stderr=follower, env=environment, start_new_session=True
    )
    try:
        seen = _read_until(leader, "▲ may be taken", "Network down since", "Bay 24")
        assert "\x1b[?1049h" in seen, "it draws on a screen of its own"
        _resize(follower, rows=50, columns=70)
        process.send_signal(signal.SIGWINCH)
        _read_until(leader, "Network down since")
        process.send_signal(signal.SIGTERM)
        left = _read_until(leader, "\x1b[?1049l", "\x1b[?25h")
        assert "Traceback" not in left
        assert process.wait(20) == 130
        assert termios.tcgetattr(follower) == before
    finally:
        process.kill()
        process.wait()
        os.close(leader)
        os.close(follower)


def _resize(terminal: int, *, rows: int, columns: int) -> None:
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def _read_until(leader: int, *wanted: str) -> str:
    """Everything that came on the terminal until each of these was in it."""
    seen = b""
    deadline = time.monotonic() + 30
    while not all(word.encode() in seen for word in wanted):
        assert time.monotonic() < deadline, seen.decode(errors="replace")[-2000:]
        if select.select([leader], [], [], 0.2)[0]:
            seen += os.read(leader, 65536)
    return seen.decode(errors="replace")


def _for_machines_it_is_lines(station: DockStation) -> None:
    """JSON lines, of different instants, each the whole snapshot."""
    process = subprocess.Popen(
        [sys.executable, "-m", "agent", "status", "--json", "--watch", "--config", str(station.config)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = [json.loads(process.stdout.readline()) for _ in range(2)]
        assert lines[0]["at"] < lines[1]["at"]
        assert all(line["running"] and len(line["board"]["tiles"]) == len(CAMERAS) for line in lines)
        process.terminate()
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.communicate()
