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
def new_central(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A central that waits for its one station, and that station's code: made once, copied for every story."""
    server = CentralServer(tmp_path_factory.mktemp("new") / "central")
    server.init()
    return server.data_dir, server.add_station("east-1")


@pytest.fixture
def scene(tmp_path: Path, new_central: tuple[Path, str]) -> Iterator[Scene]:
    """A running central, and an enrolled PC that is not started yet."""
    server = CentralServer(shutil.copytree(new_central[0], tmp_path / "central"))
    server.added["east-1"] = new_central[1]
    server.start()
    made = Scene(tmp_path, server, DockStation(tmp_path, server))
    made.pc.enroll()
    yield made
    made.close()
