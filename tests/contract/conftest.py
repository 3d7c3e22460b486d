"""One running central for all contract tests of this process."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

from agent.adapters.central_api import enroll
from agent.adapters.http_session import HttpSession
from protocol.messages import EnrollAnswer
from simulator.network.fault_proxy import FaultProxy
from tests.central_server import CentralServer


@dataclass(frozen=True)
class RunningCentral:
    server: CentralServer
    proxy: FaultProxy
    url: str
    """By way of the proxy."""
    enrolled: EnrollAnswer


@pytest.fixture(scope="session")
def running_central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCentral]:
    with CentralServer(tmp_path_factory.mktemp("central") / "data") as server:
        server.init()
        station = f"st-{uuid.uuid4().hex[:8]}"
        code = server.add_station(station)
        where = urlsplit(server.start())
        proxy = FaultProxy(str(where.hostname), int(where.port or 0))
        url = proxy.url
        http = HttpSession(url)
        try:
            yield RunningCentral(server, proxy, url, enroll(http, url, code, bytes(32)))
        finally:
            http.close()
            proxy.close()
