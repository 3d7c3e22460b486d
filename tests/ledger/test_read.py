"""What `dock-agent status` sees beside a running agent."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from agent.errors import LedgerBroken
from agent.ledger.read import LedgerView
from agent.ledger.store import SqliteLedger
from agent.rules import changes as c
from agent.rules.footage import State
from tests.ledger.story import STATION, Station, at

ROOT = Path(__file__).resolve().parents[2]


def test_status_counts_what_is_there(station: Station) -> None:
    station.erase(b"1", b"one")
    station.find(b"2", b"12345", at=at(-60))
    station.upload(b"3", b"three")
    bad = station.find(b"4")
    station.ledger.commit(c.AssetQuarantined(at=at(2), asset_id=bad, reason="unreadable"))
    with LedgerView(station.path) as view:
        counts = view.counts()
        assert counts == {
            **dict.fromkeys(State, 0),
            State.ERASED: 1,
            State.FOUND: 1,
            State.UPLOADED: 1,
            State.QUARANTINED: 1,
        }
        queue = view.queue()
        assert (queue.files, queue.size, queue.oldest_unreceipted_at) == (2, 10, at(-60).wall)
        assert [(a.asset_id, a.reason) for a in view.quarantined()] == [(bad, "unreadable")]
        assert [s.session for s in view.open_sessions()] == [station.session]
        assert b"asset_quarantined" in view.recent_events(1)[0].body
        assert [e.number for e in view.recent_events(3)] == sorted(e.number for e in view.recent_events(3))[::-1]
        identity, head = view.identity(), station.ledger.head()
        assert head is not None
        assert (identity.uuid, identity.station, identity.rebuilt) == (station.ledger.uuid, STATION, False)
        assert (identity.head_number, identity.head_hash) == (head.number, head.hash)


def test_an_idle_station_has_an_empty_queue(station: Station) -> None:
    with LedgerView(station.path) as view:
        assert (view.queue().files, view.queue().size, view.queue().oldest_unreceipted_at) == (0, 0, None)
        assert view.note("acknowledged") is None


def test_a_look_cannot_write(station: Station) -> None:
    with LedgerView(station.path) as view, view.readers.connection() as connection:
        refused = pytest.raises(sqlite3.OperationalError, match="readonly")
        with refused:
            connection.execute("DELETE FROM notes")


def test_a_look_where_there_is_no_ledger_creates_none(tmp_path: Path) -> None:
    with LedgerView(tmp_path / "ledger.db") as view, pytest.raises(LedgerBroken, match="no ledger"):
        view.counts()
    assert list(tmp_path.iterdir()) == []


HALF_DONE = """
import os, sqlite3, sys
from tests.ledger.story import station_at
from pathlib import Path
station = station_at(Path(sys.argv[1]))
asset = station.find(b"durable")
station.ledger.close()
connection = sqlite3.connect(station.path, isolation_level=None)
connection.execute("PRAGMA journal_mode = TRUNCATE")
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN IMMEDIATE")
for n in range(2000):
    connection.execute("INSERT INTO notes VALUES (?, ?)", (str(n), "x" * 500))
os._exit(9)
"""


def test_what_a_killed_writer_left_half_done_is_rolled_back_by_the_next_look(tmp_path: Path) -> None:
    folder = tmp_path / "east-1"
    subprocess.run([sys.executable, "-c", HALF_DONE, str(folder)], cwd=ROOT, timeout=60, check=False)
    assert os.path.getsize(folder / "ledger.db-journal") > 0  # noqa: PTH202
    with LedgerView(folder / "ledger.db") as view:
        assert view.counts()[State.FOUND] == 1
        assert view.note("0") is None
    again = SqliteLedger(folder / "ledger.db", STATION)
    assert again.assets_at("cam-1", b"durable")
    again.close()
