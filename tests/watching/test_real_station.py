"""Real processes: what a killed, stopped or half-blind agent did not watch, and whom it did not see."""

from __future__ import annotations

import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.dock_station import eventually
from tests.watching.conftest import Pair

HEADER = "shift_id,officer_id,officer_name,camera_serial,starts_at,ends_at,supervisor_email,station_id"


def test_kills_and_a_folder_that_goes_away_become_gaps_and_nothing_else(pair: Pair) -> None:
    pair.station.start()
    both = (pair.station.cameras, pair.shelf)
    eventually(lambda: all(pair.watches(folder) == [(None, "")] for folder in both), why="both are watched")
    eventually(lambda: _proven_until(pair), why="a claim counts")

    pair.shelf.rename(pair.shelf.with_name("gone"))
    eventually(lambda: pair.watches(pair.shelf)[-1][1] == "folder_gone", why="the gap is told while it lasts")
    deaf_since = pair.watches(pair.shelf)[-1][0]
    told = _told_until(pair)
    eventually(lambda: _told_until(pair) > told, why="nobody waits for a station that tells all it knows")
    assert _proven_until(pair) <= str(deaf_since), "but it is not said to watch"
    assert pair.watches(pair.station.cameras) == [(None, "")], "the other shelf was watched all along"

    pair.shelf.with_name("gone").rename(pair.shelf)
    eventually(lambda: pair.watches(pair.shelf)[-1][0] is None, why="it listens again")

    _let_it_note_how_far_it_watched(pair)
    killed_at = datetime.now(UTC)
    pair.station.kill()
    pair.station.start()
    eventually(lambda: len(pair.watches(pair.station.cameras)) == 2, why="the next run watches")
    ends = pair.watches(pair.station.cameras)
    assert [end[1] for end in ends] == ["crashed", ""]
    proven = datetime.fromisoformat(f"{ends[0][0]}+00:00")
    assert proven <= killed_at
    assert killed_at - proven < timedelta(seconds=20), "the last proof is never older than a few seconds"


def test_an_agent_that_stood_still_does_not_claim_to_have_watched(pair: Pair) -> None:
    pair.station.start()
    eventually(lambda: _proven_until(pair), why="a claim counts")
    assert pair.station.process is not None
    stopped_at = datetime.now(UTC)
    os.kill(pair.station.process.pid, signal.SIGSTOP)
    resume_at = time.monotonic() + 11  # more than a look may take
    eventually(lambda: time.monotonic() > resume_at)
    claimed = _told_until(pair)
    assert claimed <= _text(stopped_at), "nothing is claimed while it stands still"
    os.kill(pair.station.process.pid, signal.SIGCONT)
    eventually(lambda: pair.watches(pair.shelf)[-1] == (None, "") and len(pair.watches(pair.shelf)) > 1)
    until, reason = pair.watches(pair.shelf)[0]
    assert reason == "stalled"
    assert str(until) <= _text(stopped_at + timedelta(seconds=1))


def test_a_camera_that_does_not_come_is_reported_once_without_central_too_and_its_dock_ends_that(
    pair: Pair, tmp_path: Path
) -> None:
    pair.station.start()
    eventually(lambda: pair.station.snapshot().get("roster"), why="the roster is here")
    ended = datetime.now(UTC) + timedelta(seconds=1)
    roster = tmp_path / "roster.csv"
    span = f"{(ended - timedelta(hours=8)).isoformat()},{ended.isoformat()}"
    lines = [f"S-{camera},7,Kim Lee,{camera},{span},boss@x.example,east-1" for camera in ("GHOST", "HERE")]
    roster.write_text("\n".join([HEADER, *lines]) + "\n")
    done = pair.central.command("roster", "import", str(roster))
    assert done.returncode == 0, done.stderr
    eventually(lambda: pair.station.snapshot()["roster"]["shifts"] == 2, why="it fetched the new roster")
    pair.central.stop()
    pair.station.dock("HERE", "--files", "1", "--size", "64KiB")
    eventually(lambda: pair.station.snapshot()["not_seen"]["reported"], why="the deadline passed")
    reported = pair.station.status()["not_seen"]["reported"]
    assert [shift["shift"] for shift in reported if shift["camera"] == "GHOST"] == ["S-GHOST"]

    pair.station.kill()
    asleep = json.loads(pair.station.command("status", "--json").stdout)
    assert asleep["running"] is False
    assert "S-GHOST" in {shift["shift"] for shift in asleep["not_seen"]["reported"]}
    pair.station.start()
    pair.central.start(pair.central.url.removeprefix("http://"))
    wanted = "SELECT shift_id, ended_by FROM custody_notseenreport WHERE camera = 'GHOST'"
    eventually(lambda: pair.rows(wanted), within_s=60, why="central was told when it came back")
    pair.station.dock("GHOST", "--files", "1", "--size", "64KiB")
    eventually(lambda: pair.rows(wanted)[0]["ended_by"], within_s=60, why="its dock ends the report")
    assert len(pair.rows(wanted)) == 1
    shown = eventually(lambda: _docked(pair, "GHOST"), why="status knows that it came")
    assert shown is not None
    text = pair.station.command("status").stdout
    assert "Roster: 2 shifts" in text


def _docked(pair: Pair, camera: str) -> str | None:
    reported = pair.station.snapshot()["not_seen"]["reported"]
    return next((shift["docked_at"] for shift in reported if shift["camera"] == camera), None)


def _let_it_note_how_far_it_watched(pair: Pair) -> None:
    before = _told_until(pair)
    eventually(lambda: _told_until(pair) > before)


def _told_until(pair: Pair) -> str:
    rows = pair.rows("SELECT told_until FROM custody_ledgerwatch")
    return str(rows[0]["told_until"]) if rows and rows[0]["told_until"] else ""


def _proven_until(pair: Pair) -> str:
    rows = pair.rows("SELECT proven_until FROM fleet_heartbeat")
    return str(rows[0]["proven_until"]) if rows and rows[0]["proven_until"] else ""


def _text(instant: datetime) -> str:
    """As central's database writes it."""
    return instant.replace(tzinfo=None).isoformat(sep=" ")
