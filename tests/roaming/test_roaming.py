"""Whatever befalls cameras, stations and central, and in whatever order: I1 to I7 hold (see `invariants.py`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.roaming.roam import roam
from tests.scale import IS_SOAK, amount, seed

SEARCHES = 4
SEEDS_APART = 100_000


@pytest.mark.soak
@pytest.mark.timeout(0 if IS_SOAK else 600)
@pytest.mark.parametrize("search", range(SEARCHES))
def test_no_story_breaks_a_promise(search: int, tally: Callable[[str], None]) -> None:
    told: Counter[str] = Counter()
    steps = amount(ci=20_000, soak=500_000) // SEARCHES
    roam(seed(11) + search * SEEDS_APART, steps, told.update)
    assert told.total() >= steps
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(told.items()))
    tally(f"roaming model, search {search + 1} of {SEARCHES}: {told.total()} steps, no promise broken: {kinds}")
