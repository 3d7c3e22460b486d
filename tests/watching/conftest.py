"""A real central and a real station with two shelves for the tests of real processes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation


class Pair:
    """Central and one station with two sources: its `cameras`, and `shelf`."""

    def __init__(self, home: Path, lateness: str) -> None:
        self.central = CentralServer(home / "central")
        self.central.init()
        (self.central.data_dir / "central.toml").write_text(lateness)
        self.central.start()
        self.shelf = home / "shelf"
        self.shelf.mkdir()
        second = f'[[source]]\nkind = "folder"\npath = "{self.shelf}"\nsettle = "300ms"\n'
        self.station = DockStation(home, self.central, extra=second)
        self.station.enroll()

    def rows(self, query: str, *values: str) -> list[sqlite3.Row]:
        """What central's database holds."""
        path = self.central.data_dir / "central.sqlite3"
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            return database.execute(query, values).fetchall()

    def watches(self, folder: Path) -> list[tuple[str | None, str]]:
        """End and reason of each span in which this folder was watched, oldest first."""
        wanted = "SELECT watched_until, ended_by FROM custody_watch WHERE source = ? ORDER BY id"
        return [(row[0], row[1]) for row in self.rows(wanted, f"folder:{folder}")]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path, '[lateness]\ngrace = "4s"\n')
    yield made
    made.station.kill()
    made.central.stop()
