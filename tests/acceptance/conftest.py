"""One central and one station for each story; both real processes, gone afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.central_server import CentralServer
from tests.dock_station import DockStation


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    server = CentralServer(tmp_path / "central")
    server.init()
    server.start()
    yield server
    server.kill()


@pytest.fixture
def station(tmp_path: Path, central: CentralServer) -> Iterator[DockStation]:
    one = DockStation(tmp_path, central)
    one.enroll()
    yield one
    one.kill()
