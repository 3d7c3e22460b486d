"""What a category's minimum retention is, and which is the lowest. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

UNCLASSIFIED = "unclassified"
"""How every asset begins. It is kept until a person says what it is."""


@dataclass(frozen=True)
class Minimum:
    """How long footage of one category is kept at least."""

    span: timedelta | None
    """None: for ever."""

    @property
    def seconds(self) -> float | None:
        return None if self.span is None else self.span.total_seconds()

    def longer_of(self, other: Minimum) -> Minimum:
        if self.span is None or other.span is None:
            return Minimum(None)
        return self if self.span >= other.span else other

    def is_shorter_than(self, other: Minimum) -> bool:
        return self.span is not None and (other.span is None or self.span < other.span)


FOR_EVER = Minimum(None)


def lowest(categories: Mapping[str, Minimum]) -> frozenset[str]:
    """Those with the shortest minimum: where footage ends up that nobody thought about."""
    spans = [one.span for one in categories.values() if one.span is not None]
    return frozenset(name for name, one in categories.items() if spans and one.span == min(spans))
