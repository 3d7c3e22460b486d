from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from agent.adapters.central_api import enroll
from agent.adapters.http_session import HttpSession
from protocol.messages import EnrollAnswer
from tests.central_server import CentralServer
from tests.network.place import Place
from tests.upload.station import STATION


@pytest.fixture(scope="session")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    """One central for every network test of this process."""
    with CentralServer(tmp_path_factory.mktemp("network") / "central") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture(scope="session")
def enrolled(central: CentralServer) -> EnrollAnswer:
    http = HttpSession(central.url)
    with closing(http):
        return enroll(http, central.url, central.add_station(STATION), os.urandom(32))


@pytest.fixture
def place_at(tmp_path: Path, central: CentralServer, enrolled: EnrollAnswer) -> Iterator[Callable[..., Place]]:
    """Makes places; each has its own ledger, spool and network."""
    with ExitStack() as stack:

        def make(name: str = "station", **more: Any) -> Place:
            return stack.enter_context(closing(Place(tmp_path / name, central, enrolled, **more)))

        yield make


@pytest.fixture
def place(place_at: Callable[..., Place]) -> Place:
    return place_at()
