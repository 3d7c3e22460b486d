from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.upload.station import Station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    station = Station(tmp_path / "station")
    station.ledger.remember(store_epoch="1")
    yield station
    station.close()
