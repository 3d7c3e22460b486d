"""The libraries that the package brings, once for each Python that it serves."""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PYTHONS = ("3.11", "3.12")
"""Debian 12 and Ubuntu 24.04."""

PLATFORMS = {"amd64": "x86_64-manylinux_2_28", "arm64": "aarch64-manylinux_2_28"}
"""Debian 12 has glibc 2.36, Ubuntu 24.04 2.39: nothing newer than both is chosen, wherever this is built."""

NOT_SHIPPED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "entry_points.txt", "top_level.txt", "WHEEL"}


@dataclass(frozen=True)
class Libraries:
    """Folders to put on the path: `site` first, then the one of the Python that runs."""

    site: Path
    """What is the same for every Python."""
    of: dict[str, Path]
    """What was compiled for one, by version."""


def gather(root: Path, folder: Path, arch: str) -> Libraries:
    """Fetch the pinned wheels for every Python and tell apart what they share.

    Raises:
        subprocess.CalledProcessError: a wheel cannot be had, or is not the one that was pinned.
    """
    for python in PYTHONS:
        _install(root, folder / python, python, PLATFORMS[arch])
    first, *others = (folder / python for python in PYTHONS)
    site = folder / "site"
    site.mkdir()
    for entry in sorted(first.iterdir()):
        if all(_alike(entry, other / entry.name) for other in others):
            shutil.move(entry, site / entry.name)
            for other in others:
                _remove(other / entry.name)
    return Libraries(site, {python: folder / python for python in PYTHONS})


def _install(root: Path, target: Path, python: str, platform: str) -> None:
    uv = Path(sys.executable).parent / "uv"
    command = [str(uv), "pip", "install", "--quiet", "--no-config", "--target", str(target), "--no-deps"]
    command += ["--python", sys.executable, "--python-version", python, "--python-platform", platform]
    command += ["--only-binary", ":all:", "--require-hashes", "--no-compile-bytecode", "--link-mode", "copy"]
    subprocess.run([*command, "-r", str(root / "requirements-agent.txt")], check=True)
    _remove(target / "bin")
    for path in sorted(target.rglob("*")):
        if path.name in NOT_SHIPPED and path.parent.suffix == ".dist-info":
            path.unlink()
    (target / ".lock").unlink(missing_ok=True)


def _alike(one: Path, other: Path) -> bool:
    """Whether both are the same, byte for byte."""
    if one.is_file() or not other.is_dir():
        return one.is_file() and other.is_file() and filecmp.cmp(one, other, shallow=False)
    names, others = ({path.name for path in folder.iterdir()} for folder in (one, other))
    return names == others and all(_alike(one / name, other / name) for name in names)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
