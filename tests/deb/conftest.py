"""The package, built once for all of its tests, and unpacked."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from debian.build import build
from tests.made_once import made_once


def _build(folder: Path) -> None:
    """Uncompressed: the compressor would cost more than everything else together."""
    package = build(folder, version="1.2.3", compression="none")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "tree"], check=True)


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package and, in `tree/`, what it holds."""
    made = made_once("dock-agent-deb", _build)
    if made is None:
        made = tmp_path_factory.mktemp("deb")
        _build(made)
    return made


@pytest.fixture(scope="session")
def tree(built: Path) -> Path:
    return built / "tree"
