"""The rule against a brute-force simulation of the world: it neither accuses wrongly nor keeps silent."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from tests.scale import amount, seed
from tests.timeliness.claims import verdicts
from tests.timeliness.world import make_world

PARTS = 8
WORLDS = amount(ci=20_000, soak=200_000) // PARTS
NAMES = ("no_duty", "on_time", "late", "pending", "outstanding", "indeterminate")


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("part", range(PARTS))
def test_no_world_shows_the_rule_wrong(part: int, tally: Callable[[str], None]) -> None:
    first = seed(4) * 10_000_000 + part * WORLDS
    counted: Counter[str] = Counter()
    for number in range(first, first + WORLDS):
        for name, wrong in verdicts(make_world(random.Random(number))):
            assert wrong is None, f"world {number}: {wrong}"
            counted[name] += 1
    said = ", ".join(f"{counted[name]} {name}" for name in NAMES)
    tally(f"timeliness: {WORLDS} worlds (part {part + 1} of {PARTS}): {said}")
    assert all(counted[name] > WORLDS // 100 for name in NAMES), counted
