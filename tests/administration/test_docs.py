"""docs/administration.md names every change that is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from central.fleet.auditing import Change

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "administration.md").read_text()


@pytest.mark.parametrize("change", list(Change))
def test_every_change_that_is_kept_is_explained(change: str) -> None:
    assert f"`{change}`" in PAGE
