"""One central and the PCs of one station; all real processes, gone afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation
from tests.state_loss.scene import Scene


@pytest.fixture(scope="session")
def new_central(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A central just after `init`: made once, copied for every story."""
    server = CentralServer(tmp_path_factory.mktemp("new") / "central")
    server.init()
    return server.data_dir


@pytest.fixture
def scene(tmp_path: Path, new_central: Path) -> Iterator[Scene]:
    """A running central, and an enrolled PC that is not started yet."""
    server = CentralServer(shutil.copytree(new_central, tmp_path / "central"))
    server.start()
    made = Scene(tmp_path, server, DockStation(tmp_path, server))
    made.pc.enroll()
    yield made
    made.close()
