"""A bay with an empty card, and cards that are file systems of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.bay import HostileBay
from tests.hostile.odd_volume import OddVolume


@pytest.fixture
def bay(tmp_path: Path) -> Iterator[HostileBay]:
    card = tmp_path / "BWC1"
    card.mkdir()
    (tmp_path / "station").mkdir()
    bay = HostileBay(tmp_path / "station", card)
    yield bay
    bay.close()


@pytest.fixture
def odd(tmp_path: Path) -> Iterator[tuple[OddVolume, HostileBay]]:
    """A bay whose card is an odd volume over the folder `tmp_path / "card"`."""
    (tmp_path / "card").mkdir()
    (tmp_path / "station").mkdir()
    volume = OddVolume(tmp_path / "card", tmp_path / "BWC1")
    bay = HostileBay(tmp_path / "station", volume.mount)
    yield volume, bay
    bay.close()
    volume.close()
