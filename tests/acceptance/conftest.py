"""One central and one station for each story; both real processes, gone afterwards."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation


@pytest.fixture(scope="session")
def new_central(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A central that waits for its one station, and that station's code: made once, copied for every story."""
    server = CentralServer(tmp_path_factory.mktemp("new") / "central")
    server.init()
    return server.data_dir, server.add_station("east-1")


@pytest.fixture
def central(tmp_path: Path, new_central: tuple[Path, str]) -> Iterator[CentralServer]:
    server = CentralServer(shutil.copytree(new_central[0], tmp_path / "central"))
    server.added["east-1"] = new_central[1]
    server.start()
    yield server
    server.kill()


@pytest.fixture
def station(tmp_path: Path, central: CentralServer) -> Iterator[DockStation]:
    one = DockStation(tmp_path, central)
    one.enroll()
    yield one
    one.kill()
