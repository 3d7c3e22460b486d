"""Which version this is, and the one instant that every file of the package carries."""

from __future__ import annotations

import os
import subprocess
import tomllib
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True)
class Release:
    version: str
    epoch: int
    """Seconds since 1970, of the commit: SOURCE_DATE_EPOCH."""
    maintainer: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.epoch, UTC)


MAINTAINER = "bwc-dock maintainers <maintainers@bwc-dock.example>"


def of(root: Path, version: str = "") -> Release:
    """The release of this commit. One that carries the tag `vX` is X; others sort before X, by their instant.

    `SOURCE_DATE_EPOCH` wins over the commit's instant; without both the package cannot be built twice alike.
    """
    declared = str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _git(root, "log", "-1", "--format=%ct"))
    if not version:
        tags = _git(root, "tag", "--points-at", "HEAD").split()
        at = datetime.fromtimestamp(epoch, UTC)
        version = declared if f"v{declared}" in tags else f"{declared}~git{at:%Y%m%d.%H%M%S}"
    return Release(version, epoch, MAINTAINER)


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=True)
    return done.stdout.strip()
