"""docs/notices.md explains every key and every word."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from central.config import Notices, Unit
from central.notices.digest import Kind

DOCS = Path(__file__).resolve().parents[2] / "docs"
LATENESS = {"grace", "gap_tolerance", "merge_gap", "early_tolerance"}


@pytest.mark.parametrize("kind", [Notices, Unit], ids=["notices", "unit"])
def test_every_key_is_explained(kind: type[msgspec.Struct]) -> None:
    page = (DOCS / "notices.md").read_text()
    keys = {field.encode_name for field in msgspec.structs.fields(kind)} - LATENESS
    assert {key for key in keys if f"`{key}`" not in page} == set()


@pytest.mark.parametrize("word", [*Kind, "open", "waiting", "sent", "refused", "superseded", "shadow"])
def test_every_word_of_the_export_is_explained(word: str) -> None:
    assert f"`{word}`" in (DOCS / "reference.md").read_text()
