"""A shared central for tests that only talk to it, and a central of one's own for tests that hurt it."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.central.station_client import StationClient
from tests.central_server import CentralServer


@pytest.fixture(scope="session")
def initialised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory fresh from `init`. Copy it, do not use it."""
    central = CentralServer(tmp_path_factory.mktemp("fresh") / "data")
    central.init()
    return central.data_dir


@pytest.fixture(scope="session")
def central(initialised: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """A running central that all tests of this process share."""
    with CentralServer(_copy(initialised, tmp_path_factory.mktemp("shared"))) as server:
        server.start()
        yield server


@pytest.fixture
def own_central(initialised: Path, tmp_path: Path) -> Iterator[CentralServer]:
    """A central for one test, not started yet."""
    with CentralServer(_copy(initialised, tmp_path)) as server:
        yield server


@pytest.fixture
def station(central: CentralServer) -> Iterator[StationClient]:
    """A new station of the shared central."""
    client = join(central)
    yield client
    client.close()


@pytest.fixture
def other_station(central: CentralServer) -> Iterator[StationClient]:
    client = join(central)
    yield client
    client.close()


@pytest.fixture
def joined(own_central: CentralServer) -> Iterator[Callable[[], StationClient]]:
    """Starts the own central where needed and enrols one more station."""
    clients: list[StationClient] = []

    def enrol() -> StationClient:
        if own_central.process is None:
            own_central.start()
        clients.append(join(own_central))
        return clients[-1]

    yield enrol
    for client in clients:
        client.close()


def join(server: CentralServer) -> StationClient:
    return StationClient(server.url, server.add_station(f"st-{uuid.uuid4().hex[:12]}"))


def _copy(source: Path, folder: Path) -> Path:
    target = folder / "central"
    shutil.copytree(source, target)
    target.chmod(0o700)
    return target
