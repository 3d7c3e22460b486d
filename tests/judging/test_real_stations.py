"""A real central with real stations and a grace of seconds: it judges by itself; a killed station accuses nobody."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually
from tests.roster.rows import as_file, shift

GRACE = timedelta(seconds=6)
SETTINGS = '[lateness]\ngrace = "6s"\n[stations]\nstale_after = "3s"\noffline_after = "8s"\n'


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    with CentralServer(tmp_path / "central") as server:
        server.init()
        (server.data_dir / "central.toml").write_text(SETTINGS)
        server.start()
        yield server


def shifts(central: CentralServer) -> dict[str, dict[str, Any]]:
    done = central.command("export", "shifts", "--format", "json")
    assert done.returncode == 0, done.stderr
    return {row["shift_id"]: row for row in json.loads(done.stdout)}


def proven(central: CentralServer, name: str) -> bool:
    """Whether central knows of this station that it watches."""
    rows = json.loads(central.command("export", "stations", "--format", "json").stdout)
    return any(row["station_id"] == name and row["watched_until"] for row in rows)


@pytest.mark.timeout(240)
def test_one_comes_back_in_time_one_late_and_a_killed_station_accuses_nobody(
    central: CentralServer, tmp_path: Path
) -> None:
    east, west = DockStation(tmp_path, central, "east-1"), DockStation(tmp_path, central, "west-1")
    try:
        for station in (east, west):
            station.enroll()
            station.start()
        for station in (east, west):
            eventually(lambda name=station.name: proven(central, name), why=f"{station.name} watches")
        west.kill()
        ends = datetime.now(UTC) + timedelta(seconds=4)
        usual = {"starts_at": ends - timedelta(hours=8), "ends_at": ends}
        rows = [
            shift("IN-TIME", camera_serial="C1", stations=("east-1",), officer_id="1", **usual),
            shift("LATE", camera_serial="C2", stations=("east-1",), officer_id="2", **usual),
            shift("KILLED", camera_serial="C3", stations=("west-1",), officer_id="3", **usual),
        ]
        (central.data_dir / "roster" / "tonight.csv").write_bytes(as_file(rows))
        east.dock("C1", "--files", "1", "--size", "64KiB")
        verdicts = eventually(lambda: _past(central, "LATE", "outstanding"), why="C2 is outstanding")
        assert verdicts["IN-TIME"]["verdict"] == "on_time"
        east.dock("C2", "--files", "1", "--size", "64KiB")
        verdicts = eventually(lambda: _past(central, "LATE", "late"), why="C2 is late")
        assert verdicts["LATE"]["late_by_seconds"] > 0
        verdicts = eventually(lambda: _past(central, "KILLED", "indeterminate"), why="C3 is indeterminate")
        assert any("west-1" in why for why in verdicts["KILLED"]["why"])
        assert (central.data_dir / "roster" / "done" / "tonight.csv").exists()
    finally:
        east.kill()
        west.kill()


def _past(central: CentralServer, shift_id: str, verdict: str) -> dict[str, dict[str, Any]] | None:
    rows = shifts(central)
    return rows if rows.get(shift_id, {}).get("verdict") == verdict else None


def test_an_alert_worker_that_is_killed_is_replaced_and_none_outlives_its_server(central: CentralServer) -> None:
    first = int(str(central.wait_for_log("alert_worker_started")["pid"]))
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: [pid for pid in _workers(central) if pid != first], why="another worker")[0]
    rounds = central.data_dir / "last_round"
    eventually(rounds.exists, why="a round is completed")
    assert central.process is not None
    os.kill(central.process.pid, signal.SIGKILL)
    eventually(lambda: not _lives(second), why="the worker dies with its server")
    central.kill()


def test_a_server_that_is_asked_to_stop_stops_although_its_worker_works(central: CentralServer) -> None:
    worker = int(str(central.wait_for_log("alert_worker_started")["pid"]))
    assert central.stop() == 0
    eventually(lambda: not _lives(worker), why="the worker dies with its server")


def _workers(central: CentralServer) -> list[int]:
    return [int(str(entry["pid"])) for entry in central.log if entry.get("event") == "alert_worker_started"]


def _lives(pid: int) -> bool:
    """Not gone, and no zombie that waits for its reaper."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
