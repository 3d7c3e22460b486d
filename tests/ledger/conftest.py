from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.story import Station, station_at


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = station_at(tmp_path / "east-1")
    yield station
    station.ledger.close()
