"""All measures of a set of rows. Rows in, figures out; nothing else is known here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from central.measures.counting import Excuses, Figure, Row, Rule, counted, part_of
from central.measures.days_late import DaysLate, days_late
from central.measures.delay_split import DelaySplit, delay_split
from central.measures.duties import CountedDuty
from central.measures.rules import OF_CAMERAS, OF_DUTIES, OF_VIDEOS
from central.measures.videos import CountedVideo, counted_cameras
from central.measures.window import ALWAYS, Window, month_of
from central.timeliness.verdict import Indeterminate

Counted = TypeVar("Counted", CountedDuty, CountedVideo)

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Asked:
    """What is to be measured: M1, M2 and M3 take duties by their end, M4 and M5 videos by their recording."""

    at: datetime
    """The instant as of which things are told."""
    window: Window = ALWAYS
    unit: str | None = None
    """None: all of them."""
    zone: ZoneInfo = UTC
    as_it_stood: bool = False
    """Leave out what became known after `at`."""


@dataclass(frozen=True)
class Rows:
    """What is counted."""

    duties: Sequence[CountedDuty]
    videos: Sequence[CountedVideo]


@dataclass(frozen=True)
class Split:
    """The figures of one unit, or of one month."""

    name: str
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Measures:
    """Every figure, each once for each way of treating excuses."""

    asked: Asked
    figures: tuple[Figure, ...]
    days_late: tuple[DaysLate, ...]
    delays: tuple[DelaySplit, ...]
    causes: dict[str, int]
    """Of the indeterminate duties: how many have each cause. One may have several."""
    units: tuple[Split, ...]
    """By name: never a ranking."""
    months: tuple[Split, ...]

    def figure(self, measure: str, name: str, excuses: Excuses = Excuses.IGNORED) -> Figure:
        """
        Raises:
            StopIteration: there is no such figure.
        """
        return find(self.figures, measure, name, excuses)


def find(figures: Iterable[Figure], measure: str, name: str, excuses: Excuses = Excuses.IGNORED) -> Figure:
    wanted = (measure, name, excuses)
    return next(one for one in figures if (one.measure, one.name, one.excuses) == wanted)


def chosen(rows: Rows, asked: Asked) -> Rows:
    """Those of the rows that lie in the window and belong to the unit. A video of which no instant is known lies in
    every window: it is listed as such, and in no count."""

    def is_units(one: CountedDuty | CountedVideo) -> bool:
        return asked.unit is None or one.unit == asked.unit

    duties = [one for one in rows.duties if asked.window.holds(one.ends_at) and is_units(one)]
    placed = [one for one in rows.videos if one.row.placed_at is None or asked.window.holds(one.row.placed_at)]
    return Rows(duties, [one for one in placed if is_units(one)])


def measure(rows: Rows, asked: Asked) -> Measures:
    """All measures of the rows that `chosen` left."""
    return Measures(
        asked,
        figures(rows),
        days_late=tuple(days_late(rows.duties, excuses) for excuses in Excuses),
        delays=tuple(delay_split(rows.videos, excuses) for excuses in Excuses),
        causes=dict(sorted(_causes(rows.duties).items())),
        units=_split(rows, lambda one: one.unit, lambda one: one.unit),
        months=_split(
            rows,
            lambda one: month_of(one.ends_at, asked.zone),
            lambda one: "" if one.row.placed_at is None else month_of(one.row.placed_at, asked.zone),
        ),
    )


def figures(rows: Rows) -> tuple[Figure, ...]:
    found: list[Figure] = []
    for excuses in Excuses:
        cameras = counted_cameras(rows.videos, without_excused=excuses is Excuses.HONOURED)
        found += _figures(OF_DUTIES, rows.duties, excuses)
        found += _figures(OF_VIDEOS, rows.videos, excuses)
        found += _figures(OF_CAMERAS, cameras, excuses)
    return tuple(sorted(found, key=lambda one: one.measure))


def _figures(rules: Sequence[Rule], rows: Sequence[Row], excuses: Excuses) -> Iterator[Figure]:
    columns = {rule.column for rule in rules}
    parts = {column: Counter(part_of(row, column, excuses) for row in rows) for column in columns}
    return (counted(rule, parts[rule.column], excuses) for rule in rules)


def _causes(duties: Iterable[CountedDuty]) -> Counter[str]:
    unknown = (duty for duty in duties if duty.parts["part"] == Indeterminate.name)
    return Counter(cause for duty in unknown for cause in sorted(set(duty.last.causes)))


def _split(
    rows: Rows, name_of_duty: Callable[[CountedDuty], str], name_of_video: Callable[[CountedVideo], str]
) -> tuple[Split, ...]:
    duties, videos = _grouped(rows.duties, name_of_duty), _grouped(rows.videos, name_of_video)
    names = sorted(duties.keys() | videos.keys())
    return tuple(Split(name, figures(Rows(duties.get(name, []), videos.get(name, [])))) for name in names)


def _grouped(rows: Iterable[Counted], name_of: Callable[[Counted], str]) -> dict[str, list[Counted]]:
    found: dict[str, list[Counted]] = {}
    for one in rows:
        found.setdefault(name_of(one), []).append(one)
    return found
