"""The page of docs/ names every figure and every part that the code can have."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from central.measures.duties import counted_duties
from central.measures.rules import RULES
from central.measures.telling import WORDS
from central.measures.videos import counted_videos
from tests.measures.worlds import AT, random_sent, random_shifts, random_videos

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "measures.md").read_text() + (DOCS / "dispatches.md").read_text()


def parts_that_occur() -> list[str]:
    dice = Random(1)
    duties = counted_duties(random_shifts(dice, 300))
    rows = [*duties, *counted_videos(random_videos(dice, 600), duties, AT), *random_sent(dice, 300)]
    return sorted({part for row in rows for part in row.parts.values() if not part.isdigit()} - {"more", "after_1h"})


@pytest.mark.parametrize("part", parts_that_occur())
def test_every_part_is_explained(part: str) -> None:
    explained = {"late", "in_time"} | {name for name in PAGE.split("`") if " " not in name}
    assert part in explained


def test_every_figure_has_its_words() -> None:
    assert {rule.name for rule in RULES} == WORDS.keys()
    names = {rule.name for rule in RULES if not rule.name.startswith("days_")}
    assert {name for name in names if f"`{name}`" not in PAGE} == set()
