"""Which ratios became worse than those of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

WORSE = 0.8
"""A ratio that is below this share of the baseline's is a regression, unless the two spreads overlap."""

Told = Mapping[str, Any]
"""A row as it stands in the JSON."""


def compare(told: Iterable[Told], baseline: Path) -> int:
    """Name every row that became worse; 1 when there is one, or when no row could be compared."""
    before = {(row["name"], row["peer"]): row for row in json.loads(baseline.read_text())}
    pairs = [(row, before[key]) for row in told if (key := (row["name"], row["peer"])) in before]
    worse = [(row, old) for row, old in pairs if is_worse(row, old)]
    for row, old in worse:
        print(f"worse: {row['name']} beside {row['peer']}: {row['ratio']} after {old['ratio']}")
    print(f"bench: {len(worse)} of {len(pairs)} rows are worse than in {baseline}")
    return 1 if worse or not pairs else 0


def is_worse(row: Told, old: Told) -> bool:
    """A noisy machine widens the spreads; what it does to the median alone is no regression."""
    return row["ratio"] < WORSE * old["ratio"] and row["spread"][1] < old["spread"][0]
