"""`make test-deb`: central installed by hand as docs/installing.md says, under its unit on a real Debian."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.demo.world import free_port
from tests.deb.machine import Machine, eventually

ROOT = Path(__file__).resolve().parents[2]
BASE = Path(os.environ.get("DOCK_TEST_ROOT") or ROOT / ".parts/debian-12")
OURS = ("agent", "central", "protocol", "simulator", "config")
LIMIT = "15"
"""Tenths of what `systemd-analyze security` says: the same limit as the agent's."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Machine]:
    with Machine(BASE, tmp_path / "server") as machine:
        yield machine


def install(server: Machine) -> None:
    """What pip would do from the wheel and the pins, without a network."""
    server.run("python3", "-m", "venv", "--without-pip", "/opt/dock-central")
    packages = next((server.root / "opt/dock-central/lib").iterdir()) / "site-packages"
    shutil.copytree(next(Path(sys.prefix).glob("lib/python3.*/site-packages")), packages, dirs_exist_ok=True)
    for room in OURS:
        shutil.copytree(ROOT / room, packages / room, dirs_exist_ok=True)
    command = server.root / "opt/dock-central/bin/dock-central"
    command.write_text(
        "#!/opt/dock-central/bin/python3\nimport sys\nfrom central.cli import main\nsys.exit(main())\n"
    )
    command.chmod(0o755)
    for kind in ("sysusers", "tmpfiles"):
        there = server.root / f"etc/{kind}.d/dock-central.conf"
        there.parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / f"systemd/{kind}/dock-central.conf", there)
    server.run("systemd-sysusers", "dock-central.conf")
    server.run("systemd-tmpfiles", "--create", "dock-central.conf")
    shutil.copy(ROOT / "systemd/dock-central.service", server.root / "etc/systemd/system/dock-central.service")
    server.run("systemctl", "daemon-reload")


def central(server: Machine, *words: str) -> str:
    command = ["runuser", "-u", "dock-central", "--", "/opt/dock-central/bin/dock-central", *words]
    return server.run(*command, "--data", "/var/lib/dock-central")


def unit(server: Machine, name: str) -> str:
    return server.run("systemctl", "show", "-P", name, "dock-central.service").strip()


def log(server: Machine) -> str:
    return server.run("journalctl", "-q", "--no-pager", "-o", "cat", "-u", "dock-central")


def test_central_serves_takes_footage_and_judges_shut_in_by_its_unit(server: Machine, tmp_path: Path) -> None:
    install(server)
    server.run("systemctl", "enable", "--now", "dock-central")
    assert unit(server, "ActiveState") == "inactive", "no central lives there yet: an unmounted store looks the same"
    central(server, "init")
    port = free_port()
    (server.root / "etc/default/dock-central").write_text(f"LISTEN=127.0.0.1:{port}\n")
    server.run("systemctl", "start", "dock-central")
    url = f"http://127.0.0.1:{port}"
    eventually(lambda: _answers(url), why=lambda: log(server))
    code = central(server, "station", "add", "east-1").strip()

    card, state = tmp_path / "cameras", tmp_path / "state"
    sim = [sys.executable, "-m", "simulator", "camera", str(card / "BWC1"), "--serial", "BWC1", "--files", "2"]
    subprocess.run([*sim, "--size", "3MiB"], cwd=ROOT, check=True, capture_output=True)
    config = tmp_path / "agent.toml"
    config.write_text(
        f'[station]\nid = "east-1"\n[central]\nurl = "{url}"\n[paths]\nstate = "{state}"\n'
        '[spool]\nmin_free = "1MiB"\n'
        f'[[source]]\nkind = "folder"\npath = "{card}"\nsettle = "300ms"\n[heartbeat]\ninterval = "1s"\n'
        '[status]\nlisten = "127.0.0.1:0"\n'
    )
    agent = [sys.executable, "-m", "agent"]
    subprocess.run(
        [*agent, "enroll", "--config", str(config), "--central", url, "--code", code], cwd=ROOT, check=True
    )
    with subprocess.Popen([*agent, "run", "--config", str(config)], cwd=ROOT, stdout=subprocess.DEVNULL) as running:
        try:
            eventually(lambda: not list((card / "BWC1").rglob("*.MP4")), why=lambda: log(server))
            eventually(lambda: central(server, "export", "assets", "--format", "csv").count(",ERASED") >= 2)
        finally:
            running.terminate()
    owners = set(server.run("find", "/var/lib/dock-central", "-printf", "%u:%g\n").split())
    assert owners == {"dock-central:dock-central"}
    security = server.run("systemd-analyze", "security", f"--threshold={LIMIT}", "dock-central.service")
    assert "OK" in security.splitlines()[-1]
    server.run("systemctl", "restart", "dock-central")
    eventually(lambda: _answers(url), why=lambda: log(server))
    server.run("systemctl", "stop", "dock-central")
    assert unit(server, "Result") == "success"


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/api/v1/openapi.json", timeout=10).ok
    except requests.ConnectionError:
        return False
