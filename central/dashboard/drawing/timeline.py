"""One shift's timeline: what was owed, what was seen, what was watched and who was told, one lane under the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.dashboard.drawing.axis import Axis
from central.dashboard.drawing.shapes import Box, Dot, Drawing, Label, Rule

LONGEST = timedelta(days=7)
"""So long after its deadline a camera that is still out is drawn; what comes later stands in the table."""


@dataclass(frozen=True)
class Span:
    """Something that lasted; `until` None: it still does."""

    since: datetime
    until: datetime | None
    words: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Lane:
    """A bay, or several that were watched alike."""

    label: str
    watched: tuple[Span, ...] = ()
    gaps: tuple[Span, ...] = ()
    """`kind` is `gap`, or `tolerated`."""


@dataclass(frozen=True)
class Told:
    """A notice that was written."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True)
class Story:
    """All that the drawing of one shift shows."""

    now: datetime
    deadline: datetime
    duty: Span
    rostered_end: datetime
    """Where the roster has the duty's end; another than the duty's own when that was inferred."""
    counts_from: datetime
    shifts: tuple[Span, ...]
    others: tuple[Span, ...] = ()
    """Duties of others with this camera. Nobody is named in them."""
    docks: tuple[Span, ...] = ()
    """`kind` is `return` for the one that decides, else `dock`."""
    lanes: tuple[Lane, ...] = ()
    told: tuple[Told, ...] = ()
    says: str = ""


@dataclass(frozen=True)
class Layout:
    """How a drawing is laid out: labels beside the lanes where there is room, above them where there is none."""

    name: str
    width: float
    gutter: float
    row: float
    apart: float
    """Between two ticks, at least."""

    @property
    def above(self) -> float:
        """What a label above its lane takes."""
        return 0.0 if self.gutter else 15.0


WIDE = Layout("wide", width=920, gutter=152, row=32, apart=70)
NARROW = Layout("narrow", width=372, gutter=0, row=27, apart=62)
TOP = 26.0
BAR = 18.0


def draw(story: Story, layout: Layout, zone: ZoneInfo) -> Drawing:
    """The timeline as shapes."""
    return _Pen(story, layout, zone).drawn()


def span_of(story: Story) -> tuple[datetime, datetime]:
    """From when until when it is drawn: the duty, its deadline and what came of it."""
    known = [
        story.duty.since,
        story.duty.until or story.deadline,
        story.deadline,
        *(one.since for one in story.shifts),
    ]
    returned = [one.since for one in story.docks if one.kind == "return"]
    latest = min(story.deadline + LONGEST, max([story.deadline, *(returned or [story.now])]))
    since, until = min([*known, *returned]), max([*known, latest])
    pad = (until - since) * 0.04
    return since - pad, until + pad


class _Pen:
    """Draws lane after lane, from the top."""

    def __init__(self, story: Story, layout: Layout, zone: ZoneInfo) -> None:
        self.story, self.layout, self.zone = story, layout, zone
        self.axis = Axis(*span_of(story), layout.gutter or 2.0, layout.width - 8)
        self.y = TOP
        self.boxes: list[Box] = []
        self.rules: list[Rule] = []
        self.over: list[Rule] = []
        self.dots: list[Dot] = []
        self.labels: list[Label] = []

    def drawn(self) -> Drawing:
        self._duty()
        self._docks()
        if self.story.told:
            self._told()
        self._lanes()
        bottom = self.y + 4
        self._grid(bottom)
        self._instants(bottom)
        shapes = (tuple(self.boxes), tuple(self.rules), tuple(self.over), tuple(self.dots), tuple(self.labels))
        return Drawing(self.layout.name, self.layout.width, bottom + 22, self.story.says, *shapes)

    # --- lanes ---------------------------------------------------------------------------------------

    def _lane(self, label: str) -> float:
        """Begin a lane; where its bar's upper edge is."""
        if self.layout.gutter:
            text = label if len(label) <= 23 else f"{label[:22]}…"
            self.labels.append(Label("lane", self.layout.gutter - 10, self.y + BAR / 2 + 4, text, "end"))
        else:
            self.labels.append(Label("lane", self.axis.left, self.y + 11, label))
        top = self.y + self.layout.above
        self.y += self.layout.row + self.layout.above
        return top

    def _bar(self, span: Span, y: float, kind: str, height: float = BAR, *, hatched: bool = False) -> Box | None:
        until = span.until or self.story.now
        if not self.axis.overlaps(span.since, until):
            return None
        x, end = self.axis.x(span.since), self.axis.x(until)
        box = Box(kind, x, y, round(max(2.0, end - x), 1), height, self._title(span), hatched)
        self.boxes.append(box)
        return box

    def _duty(self) -> None:
        y = self._lane("On duty")
        for span in self.story.others:
            self._bar(span, y, "other")
        self._bar(self.story.duty, y, "duty")
        for span in self.story.shifts:
            self._bar(span, y + 3, "shift", BAR - 6)

    def _docks(self) -> None:
        y = self._lane("Camera in a dock")
        middle = y + BAR / 2
        self.rules.append(Rule("empty", self.axis.left, middle, self.axis.x(self.story.now), middle))
        for span in self.story.docks:
            box = self._bar(span, y, span.kind)
            if box is not None and box.width > 7.2 * len(span.words):
                self.labels.append(Label("inside", box.x + box.width / 2, y + 13, span.words, "middle"))

    def _told(self) -> None:
        y = self._lane("Notices") + BAR / 2
        self.rules.append(Rule("empty", self.axis.left, y, self.axis.right, y))
        for one in self.story.told:
            if self.axis.shows(one.at):
                self.dots.append(Dot(one.kind, self.axis.x(one.at), y, 5, f"{self._time(one.at)} {one.words}"))

    def _lanes(self) -> None:
        for lane in self.story.lanes:
            y = self._lane(lane.label) + 3
            for span in lane.watched:
                self._bar(span, y, "watched", BAR - 6)
            for span in lane.gaps:
                self._bar(span, y, span.kind, BAR - 6, hatched=True)

    # --- what goes from top to bottom ----------------------------------------------------------------

    def _grid(self, bottom: float) -> None:
        for tick in self.axis.ticks(self.zone, self.layout.apart):
            x = self.axis.x(tick.at)
            self.rules.insert(0, Rule("day" if tick.is_day else "tick", x, TOP - 8, x, bottom))
            self.labels.append(Label("day" if tick.is_day else "tick", x, 12, tick.text, self._anchor(x)))

    def _instants(self, bottom: float) -> None:
        story = self.story
        end = story.duty.until or story.deadline
        marks = [("end", end, "end"), ("deadline", story.deadline, "deadline")]
        if story.rostered_end != end:
            marks.append(("rostered", story.rostered_end, "rostered end"))
        if self.axis.shows(story.now):
            marks.append(("now", story.now, "now"))
        taken: list[tuple[float, float]] = []
        for kind, at, words in sorted(marks, key=lambda mark: ("deadline", "now", "end", "rostered").index(mark[0])):
            x = self.axis.x(at)
            self.over.append(Rule(kind, x, TOP - 8, x, bottom, f"{words} {self._time(at)}"))
            room = 4.2 * len(words) + 6
            if all(abs(x - other) > room + theirs for other, theirs in taken):
                taken.append((x, room))
                self.labels.append(Label(kind, x, bottom + 14, words, self._anchor(x)))

    def _anchor(self, x: float) -> str:
        """Words at the edges stay inside."""
        if x > self.layout.width - 34:
            return "end"
        return "start" if x < (self.layout.gutter or 34) else "middle"

    def _title(self, span: Span) -> str:
        until = "now" if span.until is None else self._time(span.until)
        return f"{span.words}: {self._time(span.since)} to {until}".removeprefix(": ")

    def _time(self, at: datetime) -> str:
        local = at.astimezone(self.zone)
        return f"{local:%a %b} {local.day}, {local:%H:%M:%S}"


def both(story: Story, zone: ZoneInfo) -> Sequence[Drawing]:
    """For wide and for narrow screens."""
    return draw(story, WIDE, zone), draw(story, NARROW, zone)
