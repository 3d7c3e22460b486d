"""How something went over days or weeks: columns, ranges, stacked shares, and a strip for each of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from central.dashboard.drawing.days import ORDER
from central.dashboard.drawing.shapes import Box, Dot, Drawing, Label, Rule

WIDTH, HEIGHT, LEFT, TOP, FOOT = 460.0, 170.0, 44.0, 12.0, 20.0
ROW, STRIP_TOP = 17.0, 20.0
ENOUGH = 0.9995
"""A day of which no more than half a minute is missing is drawn whole."""


@dataclass(frozen=True)
class Point:
    """One place on the way. `label` stands below it; empty where there is no room for words."""

    label: str
    title: str
    low: float | None
    """The value, or the middle of a range. None: there is none."""
    high: float | None = None
    """The upper end of the range."""


@dataclass(frozen=True)
class Scale:
    """From nought to `most`; `ticks` with their words."""

    most: float
    ticks: tuple[tuple[float, str], ...]

    def y(self, value: float) -> float:
        return round(HEIGHT - FOOT - (HEIGHT - FOOT - TOP) * min(1.0, value / self.most), 1)


def columns(points: Sequence[Point], scale: Scale, name: str, says: str) -> Drawing:
    """A column for each point."""
    boxes, labels = [], []
    for number, point in enumerate(points):
        x, width = _place(number, len(points))
        if point.low:
            y = scale.y(point.low)
            boxes.append(Box("shift", x, y, width, round(HEIGHT - FOOT - y, 1), point.title))
        labels += _below(point, x + width / 2)
    return _framed(scale, name, says, tuple(boxes), (), (), tuple(labels))


def ranges(points: Sequence[Point], scale: Scale, name: str, says: str) -> Drawing:
    """For each point a dot at its middle and a line up to its upper end."""
    rules, dots, labels = [], [], []
    for number, point in enumerate(points):
        x, width = _place(number, len(points))
        middle = round(x + width / 2, 1)
        if point.low is not None and point.high is not None:
            top, reach = scale.y(point.high), min(width / 2, 5.0)
            rules.append(Rule("range", middle, scale.y(point.low), middle, top, point.title))
            rules.append(Rule("range", middle - reach, top, middle + reach, top, point.title))
            dots.append(Dot("middle", middle, scale.y(point.low), 4, point.title))
        labels += _below(point, middle)
    return _framed(scale, name, says, (), tuple(rules), tuple(dots), tuple(labels))


def shares(weeks: Sequence[tuple[str, Mapping[str, int]]], name: str, says: str) -> Drawing:
    """For each week a column of the same height, divided by what is said. A week without anything has none."""
    scale = Scale(1.0, ((0.5, "50 %"), (1.0, "100 %")))
    boxes, labels = [], []
    for number, (label, counts) in enumerate(weeks):
        x, width = _place(number, len(weeks))
        total, below = sum(counts.get(verdict, 0) for verdict in ORDER), 0
        for verdict in ORDER:
            count = counts.get(verdict, 0)
            if count:
                bottom, top = scale.y(below / total), scale.y((below + count) / total)
                title = f"{label}: {count} of {total} {verdict.replace('_', ' ')}"
                boxes.append(
                    Box(verdict, x, top, width, round(bottom - top, 1), title, hatched=verdict == "indeterminate")
                )
                below += count
        labels += _below(Point(label, "", None), x + width / 2)
    return _framed(scale, name, says, tuple(boxes), (), (), tuple(labels))


@dataclass(frozen=True)
class Strip:
    """One row of many: for each day the share that was so, or None where there was nothing to be so."""

    label: str
    days: tuple[float | None, ...]


def strips(rows: Sequence[Strip], days: Sequence[tuple[str, str]], name: str, says: str, *, wide: bool) -> Drawing:
    """A row for each. A day that was whole is filled; of any other the missing share is hatched, from the top.
    `days`: the label of each, where it has one, and its name."""
    width, gutter = (920.0, 140.0) if wide else (372.0, 104.0)
    step = (width - gutter - 4) / max(1, len(days))
    boxes: list[Box] = []
    labels = [
        Label("tick", round(gutter + number * step, 1), 12, label) for number, (label, _) in enumerate(days) if label
    ]
    for line, row in enumerate(rows):
        y = STRIP_TOP + line * ROW
        labels.append(Label("lane", gutter - 8, y + 11, row.label[: 18 if wide else 14], "end"))
        for number, share in enumerate(row.days):
            x = round(gutter + number * step + 0.5, 1)
            boxes += _cell(row.label, days[number][1], share, x, y, round(step - 1, 1))
    bottom = STRIP_TOP + len(rows) * ROW
    return Drawing(
        name, width, bottom + 4, says, tuple(boxes), labels=tuple(labels), kind="wide" if wide else "narrow"
    )


def _cell(row: str, day: str, share: float | None, x: float, y: float, width: float) -> list[Box]:
    height = ROW - 4
    if share is None:
        return []
    if share >= ENOUGH:
        return [Box("watched", x, y, width, height)]
    missing = round(max(3.0, height * (1 - share)), 1)
    title = f"{row}, {day}: {100 * share:.1f} % watched"
    rest = Box("watched", x, round(y + missing, 1), width, round(height - missing, 1))
    return [Box("gap", x, y, width, missing, title, hatched=True), *([rest] if rest.height > 0.5 else [])]


def _place(number: int, count: int) -> tuple[float, float]:
    step = (WIDTH - LEFT) / max(count, 1)
    gap = min(4.0, step * 0.25)
    return round(LEFT + number * step + gap / 2, 1), round(max(1.0, step - gap), 1)


def _below(point: Point, middle: float) -> list[Label]:
    return [Label("tick", round(middle, 1), HEIGHT - 5, point.label, "middle")] if point.label else []


def _framed(
    scale: Scale,
    name: str,
    says: str,
    boxes: tuple[Box, ...],
    over: tuple[Rule, ...],
    dots: tuple[Dot, ...],
    labels: tuple[Label, ...],
) -> Drawing:
    lines = [Rule("tick", LEFT, scale.y(value), WIDTH, scale.y(value)) for value, _ in scale.ticks]
    words = [Label("tick", LEFT - 6, scale.y(value) + 4, text, "end") for value, text in scale.ticks]
    floor = Rule("day", LEFT, HEIGHT - FOOT, WIDTH, HEIGHT - FOOT)
    return Drawing(name, WIDTH, HEIGHT, says, boxes, (*lines, floor), over, dots, (*words, *labels), kind="trend")


def scale_of(values: Sequence[float], step_words: Mapping[float, str] | None = None) -> Scale:
    """A scale with two or three round ticks. `step_words`: the only steps that make sense, with their words."""
    most = max(values, default=0.0) or 1.0
    if step_words:
        fitting = [step for step in step_words if step <= most] or [min(step_words)]
        ticks = [(step, step_words[step]) for step in fitting[-2:]]
        return Scale(max(most, ticks[-1][0]) * 1.05, tuple(ticks))
    size = 10.0 ** (len(str(int(most))) - 1)
    step = next(size * part for part in (0.5, 1, 2, 5, 10) if most <= 3 * size * part)
    step = max(step, 1.0)
    ticks = [
        (step * number, f"{int(step * number):,}".replace(",", " ")) for number in range(1, int(most / step) + 1)
    ]
    return Scale(max(most, step), tuple(ticks) or ((step, str(int(step))),))
