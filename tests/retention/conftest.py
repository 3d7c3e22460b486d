from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.retention.vault import Vault, vault


@pytest.fixture
def kept(db: None, tmp_path: Path) -> Iterator[Vault]:
    with vault(tmp_path) as one:
        yield one
