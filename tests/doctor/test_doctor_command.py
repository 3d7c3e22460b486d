"""The command as IT runs it: beside a real agent and a real central, and on a station in trouble."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.rules.diagnosis.finding import NAMES
from tests.central_server import CentralServer
from tests.dock_station import DockStation

USB = '[[source]]\nkind = "usb"\n'


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    with CentralServer(tmp_path_factory.mktemp("central") / "data") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture(scope="module")
def enrolled(central: CentralServer, tmp_path_factory: pytest.TempPathFactory) -> DockStation:
    station = DockStation(tmp_path_factory.mktemp("home"), central)
    station.enroll()
    return station


@pytest.fixture
def station(enrolled: DockStation, central: CentralServer, tmp_path: Path) -> DockStation:
    """An enrolled station of one's own: enrolling costs two processes."""
    copy = DockStation(tmp_path, central, enrolled.name)
    shutil.copytree(enrolled.state, copy.state, ignore=shutil.ignore_patterns("spool"))
    copy.state.chmod(0o700)
    return copy


def doctor(station: DockStation) -> tuple[int, dict[str, dict[str, Any]]]:
    """The exit code, and the findings by name."""
    done = station.command("doctor", "--json")
    assert done.stdout, done.stderr
    answer = json.loads(done.stdout)
    found = {one["name"]: one for one in answer["findings"]}
    assert len(found) == len(answer["findings"])
    assert set(found) <= set(NAMES)
    assert answer["problems"] == sum(one["severity"] == "problem" for one in answer["findings"])
    assert done.returncode == (1 if answer["problems"] else 0), done.stderr
    return done.returncode, found


def what_lasts(folder: Path) -> set[str]:
    """Every name below a folder but the databases' own passing files."""
    names = {str(path.relative_to(folder)) for path in folder.rglob("*")}
    return {name for name in names if not name.endswith(("-journal", "-wal", "-shm", ".new"))}


def test_beside_a_working_agent_it_finds_nothing_wrong_and_leaves_nothing(
    station: DockStation, central: CentralServer
) -> None:
    station.start()
    try:
        for serial in range(6):
            station.dock(f"BWC{serial}", "--files", "1", "--size", "1MiB")
        for serial in range(6):
            station.wait_safe(f"BWC{serial}")
        here, there = what_lasts(station.state), what_lasts(central.data_dir)
        at_central = central.command("export", "assets", "--format", "json").stdout
        code, found = doctor(station)
        assert code == 0, {name: one for name, one in found.items() if one["severity"] == "problem"}
        assert station.process is not None
        # Other tests' agents may run on this machine, which is worth a note.
        assert f"Process {station.process.pid} works" in found["agent"]["saw"]
        for name in ("ledger", "central", "credential", "proxy", "state", "sources", "automounter"):
            assert found[name]["severity"] == "ok", found[name]
        assert "a shift change of 6 bays" in found["space"]["saw"]
        assert "of the last 6 docks" in found["space"]["saw"]
        assert what_lasts(station.state) == here
        assert what_lasts(central.data_dir) == there
        assert central.command("export", "assets", "--format", "json").stdout == at_central
        assert station.process.poll() is None
    finally:
        station.stop()


def test_a_person_reads_what_was_seen_what_it_means_and_what_to_do(station: DockStation) -> None:
    station.state.chmod(0o755)
    done = station.command("doctor")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("✗ state"))
    assert "PROBLEM" in lines[at]
    assert "0755" in lines[at]
    assert lines[at + 2].strip().startswith("→ chmod 0700")
    assert lines[-1].endswith("Nothing was changed.")


def test_a_station_that_is_not_enrolled_and_has_no_central_is_told_both(
    central: CentralServer, tmp_path: Path
) -> None:
    station = DockStation(tmp_path, central)
    station.config.write_text(station.config.read_text().replace(central.url, "http://127.0.0.1:9"))
    _, found = doctor(station)
    assert found["central"]["severity"] == "problem"
    assert found["credential"]["severity"] == "problem"
    assert "enroll" in found["credential"]["todo"]
    assert found["proxy"]["severity"] == "note"
    assert not station.state.exists()


def test_a_revoked_credential_is_a_problem(central: CentralServer, tmp_path: Path) -> None:
    station = DockStation(tmp_path, central, "north-1")
    station.enroll()
    assert central.command("station", "replace", "north-1", "--revoke-now").returncode == 0
    _, found = doctor(station)
    assert found["credential"]["severity"] == "problem"
    assert found["central"]["severity"] == "ok"
    assert found["proxy"]["severity"] == "ok"


def test_a_credential_of_another_station_or_central_is_never_shown(station: DockStation) -> None:
    path = station.state / "credential.json"
    credential = json.loads(path.read_text())
    path.write_text(json.dumps({**credential, "central_url": "https://other.example"}))
    _, found = doctor(station)
    assert "https://other.example" in found["credential"]["saw"]
    path.write_text(json.dumps({**credential, "station": "west-9"}))
    _, found = doctor(station)
    assert "west-9" in found["credential"]["saw"]


def test_a_damaged_ledger_is_named_and_the_rest_is_still_looked_at(station: DockStation) -> None:
    (station.state / "ledger.db").write_bytes(b"SQLite format 3\0" + bytes(4096))
    code, found = doctor(station)
    assert code == 1
    assert found["ledger"]["severity"] == "problem"
    assert found["credential"]["severity"] == "ok"


def test_a_wrong_configuration_is_one_finding_and_a_missing_file_wrong_usage(
    central: CentralServer, tmp_path: Path
) -> None:
    station = DockStation(tmp_path, central)
    station.write_config("[nonsense]\nx = 1\n")
    code, found = doctor(station)
    assert code == 1
    assert found.keys() == {"configuration"}
    assert "nonsense" in found["configuration"]["saw"]
    station.config.unlink()
    missing = station.command("doctor")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert station.command("doctor", "--wrong").returncode == 2


def test_a_station_with_usb_bays_has_its_buses_and_udevs_buffer_looked_at(station: DockStation) -> None:
    station.write_config('[bays]\n"977-1" = "Bay 1"\n"977-2" = "Bay 2"\n', source=USB)
    _, found = doctor(station)
    assert found["bus"]["severity"] == "warning"
    assert "bus 977 (Bay 1, Bay 2)" in found["bus"]["saw"]
    assert found["buffer"]["severity"] in ("ok", "note", "warning")


def test_a_slow_probe_says_that_it_is_at_work(station: DockStation, tmp_path: Path) -> None:
    deaf = tmp_path / "deaf.py"
    deaf.write_text(
        "import socket, sys\nlistener = socket.create_server(('127.0.0.1', 0))\n"
        "print(listener.getsockname()[1], flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(["python3", str(deaf)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        station.config.write_text(station.config.read_text().replace(station.central.url, url))
        done = station.command("doctor")
        server.communicate()
    assert "looking at clock" in done.stderr
    assert done.returncode == 1
    assert "✗ central" in done.stdout
