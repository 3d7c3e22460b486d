"""A shared central for tests that only talk to it, and a central of one's own for tests that hurt it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.central.station_client import StationClient
from tests.central_server import ROOT, CentralServer

STATIONS = 120
ADD_STATIONS = f"""
import django; django.setup()
from central import clock
from central.fleet.enrolment import add_station
from django.db import transaction
with transaction.atomic():
    for number in range({STATIONS}):
        print(add_station(f"st-{{number}}", clock.now()))
"""


@dataclass(frozen=True)
class Fresh:
    """A data directory with many stations that wait for their PC. Copy it, do not use it."""

    data_dir: Path
    codes: list[str]


class StockedServer(CentralServer):
    """A central whose stations were added beforehand: a command per station would cost a second each."""

    codes: Iterator[str]

    def join(self) -> StationClient:
        """Enrol one more station."""
        return StationClient(self.url, next(self.codes))


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    central = CentralServer(tmp_path_factory.mktemp("fresh") / "data")
    central.init()
    env = {"DOCK_CENTRAL_DATA": str(central.data_dir), "DJANGO_SETTINGS_MODULE": "central.settings"}
    added = subprocess.run(
        [sys.executable, "-c", ADD_STATIONS],
        cwd=ROOT,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return Fresh(central.data_dir, added.stdout.split())


@pytest.fixture(scope="session")
def central(fresh: Fresh, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StockedServer]:
    """A running central that all tests of this process share."""
    with _copy(fresh, tmp_path_factory.mktemp("shared")) as server:
        server.start()
        yield server


@pytest.fixture
def own_central(fresh: Fresh, tmp_path: Path) -> Iterator[StockedServer]:
    """A central for one test, not started yet."""
    with _copy(fresh, tmp_path) as server:
        yield server


@pytest.fixture
def station(central: StockedServer) -> Iterator[StationClient]:
    """A new station of the shared central."""
    client = central.join()
    yield client
    client.close()


@pytest.fixture
def other_station(central: StockedServer) -> Iterator[StationClient]:
    client = central.join()
    yield client
    client.close()


@pytest.fixture
def joined(own_central: StockedServer) -> Iterator[Callable[[], StationClient]]:
    """Starts the own central where needed and enrols one more station."""
    clients: list[StationClient] = []

    def enrol() -> StationClient:
        if own_central.process is None:
            own_central.start()
        clients.append(own_central.join())
        return clients[-1]

    yield enrol
    for client in clients:
        client.close()


def _copy(fresh: Fresh, folder: Path) -> StockedServer:
    target = folder / "central"
    shutil.copytree(fresh.data_dir, target)
    target.chmod(0o700)
    server = StockedServer(target)
    server.codes = iter(fresh.codes)
    return server
