"""What central.toml says of retention, as the rules take it."""

from __future__ import annotations

from datetime import timedelta

from central.config import FOREVER, Retention
from central.retention.categories import Minimum
from protocol.settings import parse_duration


def minimums(retention: Retention) -> dict[str, Minimum]:
    """Every category by its name; `unclassified` is not among them, for it is no person's word."""
    return {
        name: Minimum(None if one.minimum == FOREVER else timedelta(seconds=parse_duration(one.minimum)))
        for name, one in retention.categories().items()
    }
