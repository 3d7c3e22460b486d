"""What the package relies on: the agent says whether its state may be deleted; root leaves nothing of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually

ROOT = Path(__file__).resolve().parents[2]
NOBODY = 65534


def test_the_state_may_be_deleted_only_while_central_has_all_of_it(tmp_path: Path) -> None:
    with CentralServer(tmp_path / "central") as central:
        central.init()
        central.start()
        station = DockStation(tmp_path, central)
        station.enroll()
        asked = station.command("may-purge")
        assert asked.returncode == 0, asked.stdout + asked.stderr

        station.start()
        station.dock("BWC1", "--files", "1", "--size", "200KiB")
        station.wait_safe("BWC1")
        asked = station.command("may-purge")
        assert asked.returncode == 2
        assert "Another dock-agent works with" in asked.stderr
        station.undock("BWC1")
        eventually(lambda: station.snapshot()["central"]["events_unsent"] == 0 and not station.says("BWC1"))
        station.stop()
        asked = station.command("may-purge")
        assert asked.returncode == 0, asked.stdout

        central.kill()
        station.start()
        station.dock("BWC2", "--files", "1", "--size", "200KiB")
        eventually(lambda: station.says("BWC2") == "may be taken")
        station.stop()
        asked = station.command("may-purge")
        assert asked.returncode == 1
        assert "have no receipt of the central that stands now" in asked.stdout
        assert "custody events were not yet acknowledged" in asked.stdout
        assert f"{station.state} must be kept." in asked.stdout


# The folder of this checkout may be root's alone: everything is loaded while this is still root.
AS_ROOT = """
import sys, encodings.idna, sqlite3, rich.console
import agent.cli.enroll, agent.cli.status, agent.cli.retry, agent.ledger.store, agent.daemon.station
from agent.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.part("root")
def test_what_root_does_leaves_only_files_of_the_station_s_user(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as home, CentralServer(tmp_path / "central") as central:
        Path(home).chmod(0o755)  # as /var/lib is; what pytest gives is root's alone
        central.init()
        central.start()
        station = DockStation(Path(home), central)
        station.state.mkdir(mode=0o700)
        os.chown(station.state, NOBODY, NOBODY)
        code = central.add_station(station.name)

        def as_root(*words: str) -> None:
            command = [sys.executable, "-c", AS_ROOT, words[0], "--config", str(station.config), *words[1:]]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
            assert done.returncode == 0, done.stderr

        as_root("enroll", "--central", central.url, "--code", code)
        assert (station.state / "credential.json").stat().st_mode & 0o777 == 0o600
        as_root("may-purge")
        left = [path for path in station.state.rglob("*") if path.is_file()]
        assert {path.name for path in left} >= {"credential.json", "station.key", "lock"}
        assert {(path.stat().st_uid, path.stat().st_gid) for path in left} == {(NOBODY, NOBODY)}
