"""`make test-deb`: the package installed, upgraded, removed and purged on a real Debian with a real systemd.

Too long for every change: minutes of CPU. `ROOT=/srv/noble make test-deb` plays it on another minimal system.
"""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from debian.archive import newest_ledger
from debian.build import build
from tests.central_server import CentralServer
from tests.deb.machine import Machine, eventually
from tests.dock_station import DOCK_SIM

ROOT = Path(__file__).resolve().parents[2]
BASE = Path(os.environ.get("DOCK_TEST_ROOT") or ROOT / ".parts/debian-12")
STATE = "var/lib/dock-agent"
SLOW = '[upload]\nlimits = [{from = "00:00", to = "24:00", rate = "4Mbit/s"}]\n'
FOLDER = """
[spool]
min_free = "1MiB"
[[source]]
kind = "usb"
[[source]]
kind = "folder"
path = "/srv/cameras"
settle = "300ms"
[heartbeat]
interval = "1s"
"""


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An old and a new one."""
    folder = tmp_path_factory.mktemp("packages")
    return build(folder, version="1.0", compression="none"), build(folder, version="1.1", compression="none")


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    with CentralServer(tmp_path / "central") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture
def pc(tmp_path: Path) -> Iterator[Machine]:
    with Machine(BASE, tmp_path / "pc") as machine:
        yield machine


def edit(pc: Machine, central: CentralServer, extra: str = "") -> None:
    """What the IT person writes into the one file."""
    path = pc.root / "etc/dock-agent/agent.toml"
    text = path.read_text().replace('# id = "east-1"', 'id = "east-1"')
    text = text.replace('# url = "https://central.example"', f'url = "{central.url}"')
    # Of the tables below only the first two are kept from the shipped file.
    path.write_text(text.split("[paths]")[0] + FOLDER + extra)


def cameras(pc: Machine) -> Path:
    """A folder source that the agent may write to, as docs/installing.md says."""
    pc.run("install", "-d", "-o", "dock-agent", "-g", "dock-agent", "/srv/cameras", "/srv/away")
    drop_in = pc.root / "etc/systemd/system/dock-agent.service.d/cameras.conf"
    drop_in.parent.mkdir(parents=True)
    drop_in.write_text("[Service]\nReadWritePaths=/srv/cameras\n")
    pc.run("systemctl", "daemon-reload")
    return pc.root / "srv/cameras"


def dock(pc: Machine, serial: str, *, files: int, size: str) -> None:
    made = [*DOCK_SIM, "camera", str(pc.root / "srv/away" / serial), "--serial", serial]
    subprocess.run([*made, "--files", str(files), "--size", size], cwd=ROOT, check=True, capture_output=True)
    pc.run("chown", "-R", "dock-agent:dock-agent", f"/srv/away/{serial}")
    pc.run("mv", f"/srv/away/{serial}", f"/srv/cameras/{serial}")


def begin(pc: Machine, package: Path, central: CentralServer, extra: str = "") -> None:
    """Install, edit, enroll, enable: a station that works."""
    done = pc.install(package)
    assert done.returncode == 0, done.stdout + done.stderr
    edit(pc, central, extra)
    cameras(pc)
    pc.agent("enroll", "--central", central.url, "--code", central.add_station("east-1"))
    pc.run("systemctl", "enable", "--now", "dock-agent")


def snapshot(pc: Machine) -> dict[str, Any]:
    try:
        return dict(json.loads((pc.root / STATE / "status.json").read_text()))
    except (FileNotFoundError, ValueError):
        return {}


def says(pc: Machine, serial: str) -> str:
    return next((bay["says"] for bay in snapshot(pc).get("bays", []) if bay["camera"] == serial), "")


def test_install_edit_one_file_enroll_enable_and_a_camera_is_emptied(
    pc: Machine, central: CentralServer, packages: tuple[Path, Path]
) -> None:
    done = pc.install(packages[0])
    assert done.returncode == 0, done.stdout + done.stderr
    assert "set station.id and central.url" in done.stdout
    assert pc.unit("ActiveState") == "inactive"
    assert pc.unit("UnitFileState") == "disabled"
    assert "usage: dock-agent" in pc.run("dock-agent", "--help")
    refused = pc.try_run("dock-agent", "check-config", "--config", "/etc/dock-agent/agent.toml")
    assert refused.returncode == 2
    assert [line.split(": ")[1] for line in refused.stderr.splitlines()] == ["station.id", "central.url"]

    edit(pc, central)
    assert "nothing wrong" in pc.agent("check-config")
    cameras(pc)
    pc.agent("enroll", "--central", central.url, "--code", central.add_station("east-1"))
    pc.run("systemctl", "enable", "--now", "dock-agent")
    dock(pc, "BWC1", files=2, size="1MiB")
    eventually(lambda: says(pc, "BWC1") == "safe to remove", why=pc.log)
    assert not list((pc.root / "srv/cameras/BWC1").rglob("*.MP4"))

    who = pc.run("stat", "-c", "%U:%G %a", "/var/lib/dock-agent", "/etc/dock-agent/agent.toml").split("\n")
    assert who[:2] == ["dock-agent:dock-agent 700", "root:dock-agent 640"]
    owners = pc.run("find", "/var/lib/dock-agent", "-printf", "%u:%g\n").split()
    assert set(owners) == {"dock-agent:dock-agent"}
    assert json.loads(pc.log("EVENT=asset_verified", "CAMERA=BWC1").splitlines()[0])["level"] == "info"
    assert pc.log("PRIORITY=6", "STATION=east-1")

    status = (Path(f"/proc/{pc_main(pc)}/status")).read_text()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert (int(fields["CapEff"], 16), fields["NoNewPrivs"], fields["Seccomp"], fields["Umask"]) == (
        0,
        "1",
        "2",
        "0077",
    )
    assert "OK" in pc.run("systemd-analyze", "security", "--threshold=15", "dock-agent.service").splitlines()[-1]
    assert float(pc.unit("NRestarts")) == 0


def pc_main(pc: Machine) -> int:
    """The agent's process, as the host numbers it."""
    group = Path("/proc").glob("[0-9]*/cmdline")
    for path in group:
        words = path.read_bytes().split(b"\0")
        if words[:4] == [b"/usr/bin/python3", b"-IS", b"/usr/bin/dock-agent", b"run"]:
            return int(path.parent.name)
    raise AssertionError("no agent runs")


def test_an_upgrade_in_the_middle_of_an_upload_goes_on_where_it_was(
    pc: Machine, central: CentralServer, packages: tuple[Path, Path]
) -> None:
    begin(pc, packages[0], central, SLOW)
    dock(pc, "BWC1", files=1, size="24MiB")
    upload, offset = eventually(lambda: largest_upload(central, 4 * 2**20))
    before = snapshot(pc)
    edited = (pc.root / "etc/dock-agent/agent.toml").read_text()

    done = pc.install(packages[1])
    assert done.returncode == 0, done.stdout + done.stderr
    assert (pc.root / "etc/dock-agent/agent.toml").read_text() == edited
    assert "1.1" in pc.run("dpkg-query", "-W", "dock-agent")
    assert pc.unit("ActiveState") == "active"
    after = eventually(lambda: snapshot(pc).get("pid") not in (None, before["pid"]) and snapshot(pc))
    assert after["ledger"]["uuid"] == before["ledger"]["uuid"]
    # The same upload, from central's offset on: what central had counted is not sent again.
    assert eventually(lambda: largest_upload(central, offset + 1))[0] == upload
    assert not pc.log("EVENT=upload_starts_anew")

    (pc.root / "etc/dock-agent/agent.toml").write_text(edited.replace(SLOW, ""))
    pc.run("systemctl", "reload", "dock-agent")
    eventually(lambda: says(pc, "BWC1") == "safe to remove", why=pc.log)


def largest_upload(central: CentralServer, least: int) -> tuple[str, int] | None:
    """The upload that central has most of, if that is at least so many bytes: its id and offset."""
    with closing(sqlite3.connect(central.data_dir / "central.sqlite3", timeout=30)) as connection:
        rows = connection.execute("SELECT upload_id, offset FROM custody_upload ORDER BY offset DESC LIMIT 1")
        return next(((str(one), int(offset)) for one, offset in rows if offset >= least), None)


def test_a_program_older_than_the_ledger_is_refused_and_the_newer_one_works_on(
    pc: Machine, central: CentralServer, packages: tuple[Path, Path]
) -> None:
    begin(pc, packages[1], central)
    eventually(lambda: snapshot(pc).get("pid"))
    pc.run("systemctl", "stop", "dock-agent")
    ledger = pc.root / STATE / "ledger.db"
    newest = newest_ledger(ROOT)
    with sqlite3.connect(ledger) as connection:
        connection.execute(f"PRAGMA user_version = {newest + 1}")
    connection.close()
    refused = pc.install(packages[0])
    assert refused.returncode != 0
    assert f"has version {newest + 1}; this package knows up to {newest}" in refused.stderr
    assert "1.1" in pc.run("dpkg-query", "-W", "dock-agent")
    with sqlite3.connect(ledger) as connection:
        connection.execute(f"PRAGMA user_version = {newest}")
    connection.close()
    pc.run("systemctl", "start", "dock-agent")
    allowed = pc.install(packages[0])
    assert allowed.returncode == 0, allowed.stderr
    eventually(lambda: pc.unit("ActiveState") == "active")


def test_removed_with_footage_it_stays_also_after_a_purge_and_goes_once_receipted(
    pc: Machine, central: CentralServer, packages: tuple[Path, Path]
) -> None:
    begin(pc, packages[0], central)
    eventually(lambda: snapshot(pc).get("central", {}).get("reachable"))
    central.kill()
    dock(pc, "BWC1", files=1, size="1MiB")
    eventually(lambda: says(pc, "BWC1") == "may be taken", why=pc.log)
    spool = pc.root / STATE / "spool"
    kept = {path.name: path.read_bytes() for path in spool.iterdir()}
    assert [name for name in kept if name.endswith(".footage")]

    told = pc.run("dpkg", "--remove", "dock-agent")
    assert "copies have no receipt" in told
    assert {path.name: path.read_bytes() for path in spool.iterdir()} == kept
    assert not (pc.root / "usr/lib/dock-agent").exists()
    purged = pc.try_run("dpkg", "--purge", "dock-agent")
    assert purged.returncode == 0
    assert "/var/lib/dock-agent was KEPT" in purged.stderr
    assert {path.name: path.read_bytes() for path in spool.iterdir()} == kept

    central.restart()
    assert pc.install(packages[0]).returncode == 0
    edit(pc, central)
    pc.run("systemctl", "enable", "--now", "dock-agent")
    eventually(lambda: says(pc, "BWC1") == "safe to remove", why=pc.log)
    pc.run("mv", "/srv/cameras/BWC1", "/srv/away/BWC1")
    eventually(lambda: not says(pc, "BWC1") and snapshot(pc)["central"]["events_unsent"] == 0)
    told = pc.run("dpkg", "--remove", "dock-agent")
    assert "it may be deleted" in told
    assert list(spool.glob("*.footage"))
    pc.run("dpkg", "--purge", "dock-agent")
    assert not (pc.root / STATE).exists()
    assert not (pc.root / "etc/dock-agent").exists()
    wants = pc.root / "etc/systemd/system/multi-user.target.wants"
    assert not (wants / "dock-agent.service").is_symlink()


def test_a_copy_that_came_after_the_removal_is_not_deleted_by_the_purge(
    pc: Machine, central: CentralServer, packages: tuple[Path, Path]
) -> None:
    begin(pc, packages[0], central)
    eventually(lambda: snapshot(pc).get("central", {}).get("reachable"))
    assert "it may be deleted" in pc.run("dpkg", "--remove", "dock-agent")
    later = pc.root / STATE / "spool/11111111-1111-4111-8111-111111111111.footage"
    later.write_bytes(b"brought by hand from another PC")
    purged = pc.try_run("dpkg", "--purge", "dock-agent")
    assert "was KEPT" in purged.stderr
    assert later.exists()


def test_an_unfinished_configuration_loses_nothing_and_says_what_is_missing(
    pc: Machine, packages: tuple[Path, Path]
) -> None:
    assert pc.install(packages[0]).returncode == 0
    pc.try_run("systemctl", "start", "dock-agent")
    eventually(lambda: "central.url: this key is missing" in pc.log())
    assert pc.install(packages[1]).returncode == 0
    mode = (pc.root / "etc/dock-agent/agent.toml").stat().st_mode
    assert stat.S_IMODE(mode) == 0o640


def test_lintian_has_nothing_to_say_that_is_not_explained(tmp_path: Path) -> None:
    package = build(tmp_path)
    done = subprocess.run(
        ["lintian", "--allow-root", "--fail-on", "error,warning", "--tag-display-limit", "0", package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
