"""One central and one station for each story, as in the acceptance tests, and a world around them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import central, new_central, station
from tests.central_server import CentralServer
from tests.dock_station import DockStation
from tests.kills.docks import Docks

__all__ = ["central", "docks", "new_central", "station"]


@pytest.fixture
def docks(tmp_path: Path, central: CentralServer, station: DockStation) -> Iterator[Docks]:
    """Cameras at this station, watched from the first dock to the last look."""
    watched = Docks(tmp_path / "cards", central, station)
    yield watched
    station.kill()
    watched.close()
