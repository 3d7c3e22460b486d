"""A share with its two counts and its interval. Where there is nothing to divide by there is no figure."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959963984540054
"""95 % of a normal distribution lies within so many standard deviations."""


@dataclass(frozen=True)
class Proportion:
    """`numerator` of `denominator`."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        """Between 0 and 1; None where the denominator is 0."""
        return self.numerator / self.denominator if self.denominator else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's score interval at 95 %; None where the denominator is 0."""
        n = self.denominator
        if not n:
            return None
        p = self.numerator / n
        middle, reach = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        low, high = ((middle - reach) / (1 + Z * Z / n), (middle + reach) / (1 + Z * Z / n))
        return min(max(0.0, low), p), max(min(1.0, high), p)
