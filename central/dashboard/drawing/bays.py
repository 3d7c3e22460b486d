"""The bays of one station over some days: a lane for each, with what was watched of it and which cameras it held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from central.dashboard.drawing.axis import Axis
from central.dashboard.drawing.shapes import Box, Drawing, Label, Rule
from central.dashboard.drawing.timeline import NARROW, WIDE, Layout, Span

TOP, FOOT = 24.0, 6.0
LANE, BAR, THIN = 24.0, 14.0, 4.0


@dataclass(frozen=True)
class BayLane:
    """One bay. `gaps` were not watched; `docks` have the camera's number as their words."""

    label: str
    watched: tuple[Span, ...]
    gaps: tuple[Span, ...]
    docks: tuple[Span, ...]


@dataclass(frozen=True)
class BayStory:
    """All that the drawing shows."""

    since: datetime
    now: datetime
    lanes: tuple[BayLane, ...]
    says: str


def draw_bays(story: BayStory, zone: ZoneInfo) -> Sequence[Drawing]:
    """For wide and for narrow screens."""
    return _drawn(story, WIDE, zone), _drawn(story, NARROW, zone)


def _drawn(story: BayStory, layout: Layout, zone: ZoneInfo) -> Drawing:
    axis = Axis(story.since, story.now, (layout.gutter * 0.62) or 2.0, layout.width - 8)
    boxes: list[Box] = []
    labels: list[Label] = []
    y = TOP
    for lane in story.lanes:
        if layout.gutter:
            labels.append(Label("lane", axis.left - 8, y + BAR / 2 + 4, lane.label[:14], "end"))
        else:
            labels.append(Label("lane", axis.left, y + 10, lane.label))
            y += layout.above
        boxes += [_box(axis, span, "watched", y + BAR - THIN, THIN, zone) for span in lane.watched]
        boxes += [_box(axis, span, "gap", y, BAR, zone, hatched=True) for span in lane.gaps]
        for span in lane.docks:
            box = _box(axis, span, "dock", y, BAR - THIN - 1, zone)
            boxes.append(box)
            if box.width > 6.6 * len(span.words) + 4:
                labels.append(Label("inside", box.x + box.width / 2, y + 8.5, span.words, "middle"))
        y += LANE
    rules, ticks = _ticks(axis, layout, zone, y)
    return Drawing(
        layout.name,
        layout.width,
        y + FOOT,
        story.says,
        tuple(boxes),
        rules,
        labels=(*ticks, *labels),
        kind=layout.name,
    )


def _box(axis: Axis, span: Span, kind: str, y: float, height: float, zone: ZoneInfo, *, hatched: bool = False) -> Box:
    x, end = axis.x(span.since), axis.x(span.until or axis.until)
    until = "now" if span.until is None else _time(span.until, zone)
    title = f"{span.words}: {_time(span.since, zone)} to {until}"
    return Box(kind, x, y, round(max(1.5, end - x), 1), height, title, hatched)


def _ticks(axis: Axis, layout: Layout, zone: ZoneInfo, bottom: float) -> tuple[tuple[Rule, ...], tuple[Label, ...]]:
    rules, labels = [], []
    for tick in axis.ticks(zone, layout.apart):
        x, kind = axis.x(tick.at), "day" if tick.is_day else "tick"
        rules.append(Rule(kind, x, TOP - 8, x, bottom))
        anchor = "end" if x > layout.width - 34 else "start" if x < axis.left + 20 else "middle"
        labels.append(Label(kind, x, 12, tick.text, anchor))
    return tuple(rules), tuple(labels)


def _time(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a %b} {local.day}, {local:%H:%M:%S}"
