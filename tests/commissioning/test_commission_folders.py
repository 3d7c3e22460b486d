"""Cameras that come as folders, no agent running, nobody at the keys; and what commissioning refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.central_server import CentralServer
from tests.commissioning.terminal import Terminal
from tests.dock_station import DockStation, eventually

Start = Callable[..., Terminal]


def test_without_an_agent_it_starts_one_and_with_folders_there_is_no_bay_to_label(
    station: DockStation, central: CentralServer, terminal: Start
) -> None:
    (station.cameras / "BWC0500").mkdir()
    before = station.config.read_text()
    seat = terminal("--yes", "--json", "--by", "Pat", "--wait", "2m")
    seat.expect("No agent runs here. Starting one")
    seat.expect("there is no bay to label")
    seat.expect("Camera BWC0500 has nothing on it")
    station.dock("BWC0501", "--files", "2", "--size", "200KiB")
    seat.expect("The sheet is in")
    assert seat.ends() == 0, seat.said
    sheet = json.loads(seat.stdout())
    assert (sheet["complete"], sheet["bays"], sheet["by"]) == (True, [], "Pat")
    assert sheet["dock"]["camera"] == "BWC0501"
    assert {one["sha256"] for one in sheet["dock"]["receipts"]} <= set(central.objects())
    assert all(one["stands"] and one["signed"] for one in sheet["dock"]["receipts"])
    told = json.loads(central.command("export", "stations", "--format", "json").stdout)
    heard = next(row for row in told if row["station_id"] == station.name)
    assert heard["last_heartbeat_at"][:19] >= sheet["heartbeat_at"][:19]
    assert station.config.read_text() == before
    assert not json.loads(station.command("status", "--json").stdout)["running"], "its agent went with it"
    names = {path.suffix for path in (station.state / "acceptance").iterdir()}
    assert names == {".txt", ".html"}


def test_beside_a_running_agent_a_label_counts_at_once_and_the_agent_stays(
    station: DockStation, terminal: Start
) -> None:
    station.start()
    eventually(lambda: station.snapshot().get("bays_configured") == {})
    assert station.process is not None
    seat = terminal("--yes", "--label", "1-1.4=Bay 7", "--wait", "1s")
    seat.expect('written: "1-1.4" = "Bay 7"')
    assert seat.ends() == 1, "no camera was docked"
    assert "but the agent" not in seat.said
    assert station.snapshot()["bays_configured"] == {"1-1.4": "Bay 7"}
    assert station.snapshot()["pid"] == station.process.pid
    assert station.process.poll() is None


def test_an_agent_that_it_started_ends_with_it_even_when_it_is_killed(station: DockStation, terminal: Start) -> None:
    seat = terminal("--yes")
    seat.expect("Dock one camera")
    pid = station.snapshot()["pid"]
    seat.kill()
    eventually(lambda: not Path(f"/proc/{pid}").exists() or "Z" in _state(pid), why="the agent ended")


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def test_a_problem_that_doctor_finds_stops_it_before_anything_is_changed(
    tmp_path: Path, central: CentralServer
) -> None:
    station = DockStation(tmp_path, central, "west-1")
    done = station.command("commission", "--yes")
    assert done.returncode == 1
    assert "PROBLEM" in done.stderr
    assert "dock-agent enroll" in done.stderr
    assert not done.stdout
    assert {path.name for path in station.home.iterdir()} == {"agent.toml", "cameras", "away"}


def test_the_end_of_input_stops_it_and_wrong_words_are_refused_all_with_a_reason(station: DockStation) -> None:
    command = ["commission", "--label", "Bay 7=1-1.4"]
    done = station.command(*command)
    assert done.returncode == 2
    assert "no USB port path" in done.stderr
    asked = subprocess.run(
        [sys.executable, "-m", "agent", "commission", "--config", str(station.config)],
        input="",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert asked.returncode == 130
    assert "Run the same command again" in asked.stderr
