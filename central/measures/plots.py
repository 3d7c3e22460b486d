"""A plot as values: columns from nought up, each with its number and, where it is a share, its interval. A template
draws it; lengths are in units of its view box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, TOP, BOTTOM = 480.0, 170.0, 22.0, 24.0
FILLED = 0.62
"""So much of its place a column takes."""


@dataclass(frozen=True)
class Column:
    """What is to be drawn. None: there is no figure, and no column, which is not the same as one of height 0."""

    label: str
    value: float | None
    words: str
    """The number as it is written above the column."""
    interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Bar:
    """A column in its place."""

    column: Column
    x: float
    y: float
    width: float
    height: float
    middle: float
    words_y: float
    low_y: float | None = None
    high_y: float | None = None


@dataclass(frozen=True)
class Plot:
    says: str
    """For who cannot see it: what it shows, with all its numbers."""
    bars: tuple[Bar, ...]
    width: float = WIDTH
    height: float = HEIGHT
    floor: float = HEIGHT - BOTTOM


def plot(title: str, columns: Sequence[Column]) -> Plot | None:
    """The columns side by side, the highest as high as the plot; None: there is nothing to draw."""
    tops = [max(one.value, one.interval[1] if one.interval else 0.0) for one in columns if one.value is not None]
    if not tops:
        return None
    most, place = max(tops) or 1.0, WIDTH / len(columns)
    says = f"{title}: " + ", ".join(f"{one.label} {one.words}" for one in columns)
    return Plot(says, tuple(_bar(one, index * place, place, most) for index, one in enumerate(columns)))


def _bar(column: Column, left: float, place: float, most: float) -> Bar:
    floor, room = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP

    def level(value: float) -> float:
        return round(floor - room * value / most, 1)

    width, y = round(min(place * FILLED, 72.0), 1), level(column.value or 0.0)
    low, high = (level(edge) for edge in column.interval) if column.interval else (None, None)
    middle = round(left + place / 2, 1)
    above = round((y if high is None else min(y, high)) - 5, 1)
    x = round(middle - width / 2, 1)
    return Bar(column, x, y, width, round(floor - y, 1), middle, above, low, high)
