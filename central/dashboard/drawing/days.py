"""Days side by side: verdicts of each as a stacked bar, or simply whether something was so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from central.dashboard.drawing.shapes import Box, Drawing, Label, Rule

WIDTH, HEIGHT, FOOT = 460.0, 150.0, 18.0
ORDER = ("on_time", "late", "outstanding", "indeterminate", "excused")
"""From the bottom up."""


@dataclass(frozen=True)
class Day:
    """How many duties were due on a day, by what is said of them."""

    day: date
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def stacked(days: Sequence[Day], name: str, says: str) -> Drawing:
    """A bar per day; all days share one scale."""
    most = max((day.total for day in days), default=0) or 1
    boxes: list[Box] = []
    for number, day in enumerate(days):
        x, width = _column(number, len(days))
        y = HEIGHT - FOOT
        for verdict in ORDER:
            count = day.counts.get(verdict, 0)
            if count:
                height = (HEIGHT - FOOT - 14) * count / most
                y -= height
                title = f"{day.day:%a %b} {day.day.day}: {count} {verdict.replace('_', ' ')}"
                hatched = verdict == "indeterminate"
                boxes.append(Box(verdict, x, round(y, 1), width, round(height, 1), title, hatched))
    base = HEIGHT - FOOT
    rules = (Rule("day", 0, base, WIDTH, base),)
    top = (Label("tick", 0, 14, f"{most} a day"),)
    return Drawing(name, WIDTH, HEIGHT, says, tuple(boxes), rules, labels=top + tuple(_dates(days)), kind="month")


def strip(days: Sequence[tuple[date, bool]], name: str, says: str) -> Drawing:
    """A field per day, filled where it is so and bare where it is not."""
    boxes = []
    for number, (day, is_so) in enumerate(days):
        x, width = _column(number, len(days))
        title = f"{day:%a %b} {day.day}: {'seen in a dock' if is_so else 'not seen'}"
        boxes.append(Box("watched" if is_so else "unseen", x, 2, width, 16, title))
    plain = [Day(day, {}) for day, _ in days]
    labels = tuple(Label(one.kind, one.x, 34, one.text, one.anchor) for one in _dates(plain))
    return Drawing(name, WIDTH, 40, says, tuple(boxes), labels=labels)


def _column(number: int, count: int) -> tuple[float, float]:
    step = WIDTH / max(count, 1)
    return round(number * step + 1.5, 1), round(max(1.0, step - 3), 1)


def _dates(days: Sequence[Day]) -> list[Label]:
    """The first, and each Monday that has room."""
    labels = []
    for number, day in enumerate(days):
        if number == 0 or (day.day.weekday() == 0 and 2 < number <= len(days) - 2):
            labels.append(Label("tick", _column(number, len(days))[0], HEIGHT - 3, f"{day.day:%b} {day.day.day}"))
    return labels
