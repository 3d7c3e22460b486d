"""A directory of its own for the locks, and post offices."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings

from central.data_dir import DataDir
from tests.mailing.conftest import post_office

__all__ = ["own_dir", "post_office"]


@pytest.fixture
def own_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "DATA", DataDir(tmp_path))
    monkeypatch.setattr(settings, "CONFIG", settings.CONFIG)
