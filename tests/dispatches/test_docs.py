"""The page of docs/ names every word that a row can have."""

from __future__ import annotations

from pathlib import Path

import pytest

from central.dispatches.eligibility import Rule
from central.dispatches.exceptions import AFTER, BEFORE
from central.dispatches.explaining import Cause
from central.dispatches.finding import PENDING, Edge, Result
from central.dispatches.news import Because

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "dispatches.md").read_text()


@pytest.mark.parametrize("word", [*Rule, *Cause, *Result, *Edge, *Because, BEFORE, AFTER, PENDING])
def test_every_word_of_a_row_is_explained(word: str) -> None:
    assert f"`{word}`" in PAGE
