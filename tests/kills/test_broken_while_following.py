"""An upload follows a file that is being copied, and everything around it breaks: agent, central, card, the file."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.card.fuse_camera import FuseCamera
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below
from tests.kills.docks import parts_in_use

SERIAL = "BWC0700"
SIZE = 4 << 20
RATE = 400_000
"""Bytes per second of the card: ten seconds in which to meet the upload."""
CONFIG = '[upload]\nfollow_from = "1MiB"\n'

pytestmark = pytest.mark.part("fuse")


class Following:
    """A card with one long file, behind FUSE, and what central has of it."""

    def __init__(self, home: Path, station: DockStation, central: CentralServer) -> None:
        self.station, self.central = station, central
        self.card, self.mount = home / "card", station.cameras / SERIAL
        self.video = self.card / "DCIM" / "LONG.MP4"
        self.video.parent.mkdir(parents=True)
        (self.card / "BWC.ID").write_text(f"{SERIAL}\n")
        self.video.write_bytes(os.urandom(SIZE))
        os.utime(self.video, (1_760_000_000, 1_760_000_000))
        self.camera = self.put_back()

    def put_back(self) -> FuseCamera:
        self.camera = FuseCamera(self.card, self.mount, mode="crawl", rate=RATE, match="*.MP4")
        return self.camera

    def attempt(self, later_than: int = 0) -> int:
        """The attempt of which central has some bytes, while the file is still being copied here; 0: none now."""
        copied = _asked(self.station.state / "ledger.db", "SELECT upload_attempt FROM assets WHERE state = 'FOUND'")
        sent = _asked(
            self.central.data_dir / "central.sqlite3",
            "SELECT attempt, \"offset\" FROM custody_upload WHERE state = 'alive'",
        )
        return next(
            (
                attempt
                for attempt, offset in sent
                if (attempt,) in copied and attempt > later_than and 0 < offset < SIZE
            ),
            0,
        )


def _asked(database: Path, question: str) -> list[tuple[int, ...]]:
    try:
        with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(question).fetchall()
    except sqlite3.OperationalError:
        return []  # it is only being made


@pytest.fixture
def following(tmp_path: Path, station: DockStation, central: CentralServer) -> Iterator[Following]:
    one = Following(tmp_path, station, central)
    yield one
    station.kill()
    one.camera.close()


def test_whatever_breaks_while_an_upload_follows_its_file_exactly_that_file_arrives(
    following: Following, station: DockStation, central: CentralServer, tally: Callable[[str], None]
) -> None:
    station.write_config(CONFIG)
    station.start()
    first = eventually(following.attempt, why="central has bytes of a file that is still being copied")
    station.kill()
    station.start()
    second = eventually(lambda: following.attempt(first), why="after the agent's death it begins anew")
    following.camera.pull()
    following.put_back()
    third = eventually(lambda: following.attempt(second), why="a card that was pulled is followed from its start")
    with following.video.open("r+b") as video:
        video.write(os.urandom(1000))
    fourth = eventually(lambda: following.attempt(third), why="a file that changed is sent as it is now")
    held = files_below(following.card)
    central.kill()
    central.restart()
    following.camera.fault(mode="ok")
    station.wait_safe(SERIAL, within_s=90)
    assert {held["DCIM/LONG.MP4"], held["BWC.ID"]} == set(central.objects()), "these objects and no others"
    assert set(files_below(following.card)) == {"BWC.ID"}
    attempts = _asked(station.state / "ledger.db", "SELECT upload_attempt, mismatches FROM assets WHERE size > 100")
    assert attempts == [(fourth, 0)], "the upload that followed the last copy is the one that was receipted"
    assert station.command("verify").returncode == 0
    assert parts_in_use(central.data_dir) == []
    assert not list((station.state / "spool").glob("*.part"))
    tally(f"uploads that followed a file: {first}, {second} and {third} were broken off, {fourth} was resumed")
