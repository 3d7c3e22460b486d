"""What systemd's own tools say of the units. Whether the agent works inside is `make test-deb`'s question."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYSTEMD = ROOT / "systemd"
UNITS = sorted(SYSTEMD.glob("*.service"))
LIMIT = 1.5

pytestmark = pytest.mark.part("systemd")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root folder with the units, their users' files and the commands that they start."""
    for folder, kind in (
        ("usr/lib/systemd/system", "*.service"),
        ("usr/lib/sysusers.d", "sysusers/*"),
        ("usr/lib/tmpfiles.d", "tmpfiles/*"),
    ):
        (tmp_path / folder).mkdir(parents=True)
        for path in SYSTEMD.glob(kind):
            shutil.copy(path, tmp_path / folder)
    for command in ("usr/bin/dock-agent", "opt/dock-central/bin/dock-central", "bin/sh"):
        (tmp_path / command).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / command).write_text("#!/bin/sh\n")
        (tmp_path / command).chmod(0o755)
    (tmp_path / "etc").mkdir()
    return tmp_path


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_what_systemd_understands(unit: Path, root: Path) -> None:
    for target in (
        "sysinit",
        "basic",
        "multi-user",
        "network",
        "network-online",
        "local-fs",
        "time-sync",
        "shutdown",
    ):
        (root / f"usr/lib/systemd/system/{target}.target").write_text("[Unit]\nDescription=x\n")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", f"--root={root}", unit.name],
        capture_output=True,
        text=True,
        check=False,
    )
    complaints = [line for line in done.stderr.splitlines() if unit.name in line]
    assert (done.returncode, complaints) == (0, []), done.stderr


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.name)
def test_a_unit_is_exposed_no_more_than_it_must_be(unit: Path) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.search(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)
    assert said, done.stdout + done.stderr
    assert float(said[1]) <= LIMIT, done.stdout


def test_what_the_agent_lives_by_stays_open() -> None:
    lines = (SYSTEMD / "dock-agent.service").read_text().splitlines()
    settings = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    assert "AF_NETLINK" in settings["RestrictAddressFamilies"].split()  # udev's events
    assert settings["ReadWritePaths"] == "-/media"  # a card that was mounted for writing before the agent started
    for closed in ("PrivateNetwork", "MountFlags", "ProcSubset"):
        assert closed not in settings
    assert settings["Type"] == "notify"
    assert "WatchdogSec" in settings


def test_the_users_are_made(root: Path) -> None:
    done = subprocess.run(
        ["systemd-sysusers", f"--root={root}", "--dry-run"], capture_output=True, text=True, check=False
    )
    if done.returncode and "--dry-run" in done.stderr:  # before systemd 250
        pytest.fail(done.stderr)
    assert done.returncode == 0, done.stderr
    for user in ("dock-agent", "dock-central"):
        assert re.search(rf"Creating user '{user}'", done.stderr + done.stdout), done.stderr


@pytest.mark.part("root")
def test_the_state_folders_are_their_users_alone(root: Path) -> None:
    (root / "etc/passwd").write_text("dock-agent:x:991:991::/:/\ndock-central:x:992:992::/:/\n")
    (root / "etc/group").write_text("dock-agent:x:991:\ndock-central:x:992:\n")
    subprocess.run(["systemd-tmpfiles", f"--root={root}", "--create"], capture_output=True, check=True)
    for name, owner in (("dock-agent", 991), ("dock-central", 992)):
        status = (root / "var/lib" / name).stat()
        assert (status.st_mode & 0o777, status.st_uid, status.st_gid) == (0o700, owner, owner)
