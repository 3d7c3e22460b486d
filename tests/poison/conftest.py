from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.poison.hurried import HurriedClock
from tests.upload.station import Station


@pytest.fixture
def station(tmp_path: Path) -> Iterator[Station]:
    """A real ledger and a real spool, on a clock that makes ten minutes of waiting short."""
    station = Station(tmp_path / "station", HurriedClock())
    station.ledger.remember(store_epoch="1")
    yield station
    station.close()
