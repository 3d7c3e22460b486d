"""All measures of a set of rows. Rows in, figures out; nothing else is known here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from central.measures.counting import EXCUSED, Excuses, Figure, Row, counted
from central.measures.days_late import DaysLate, days_late
from central.measures.delay_split import DelaySplit, delay_split
from central.measures.dispatches import Sent, dispatch_figures
from central.measures.duties import CountedDuty
from central.measures.rules import OF_CAMERAS, OF_DUTIES, OF_VIDEOS, in_order
from central.measures.videos import IN_TIME, LATE, CountedVideo, camera_part
from central.measures.window import ALWAYS, Window, month_of
from central.timeliness.verdict import Indeterminate

UTC = ZoneInfo("UTC")


@dataclass(frozen=True)
class Asked:
    """What is to be measured: M1, M2 and M3 take duties by their end, M4 and M5 videos by their recording, M9 to M12
    dispatches by their beginning."""

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
    sent: Sequence[Sent] = ()


@dataclass(frozen=True)
class Split:
    """The figures of one unit, one month, one type of call, or one priority."""

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
    types: tuple[Split, ...]
    """Of calls: the figures of dispatches alone; as `priorities`."""
    priorities: tuple[Split, ...]

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
    every window: it is listed as such, and in no count; so does a dispatch that never began."""

    def is_units(one: CountedDuty | CountedVideo | Sent) -> bool:
        return asked.unit is None or one.unit == asked.unit

    duties = [one for one in rows.duties if asked.window.holds(one.ends_at) and is_units(one)]
    placed = [one for one in rows.videos if one.row.placed_at is None or asked.window.holds(one.row.placed_at)]
    sent = [one for one in rows.sent if one.begins_at is None or asked.window.holds(one.begins_at)]
    return Rows(duties, [one for one in placed if is_units(one)], [one for one in sent if is_units(one)])


def measure(rows: Rows, asked: Asked) -> Measures:
    """All measures of the rows that `chosen` left."""
    months = _Months(asked.zone)
    duties = Counter(Kind(one.unit, months.of(one.ends_at), "", one.is_excused, *_parts(one)) for one in rows.duties)
    videos = Counter(
        Kind(one.unit, months.of(one.row.placed_at), one.camera, one.is_excused, *_parts(one)) for one in rows.videos
    )
    kinds = [*duties, *videos]
    by_unit, by_month = _grouped(rows.sent, "unit"), _by_month(rows.sent, months)
    units = sorted({kind.unit for kind in kinds} | by_unit.keys())
    named = sorted({kind.month for kind in kinds} | by_month.keys())
    return Measures(
        asked,
        _figures(duties, videos, rows.sent),
        days_late=tuple(days_late(rows.duties, excuses) for excuses in Excuses),
        delays=tuple(delay_split(rows.videos, excuses) for excuses in Excuses),
        causes=dict(sorted(_causes(rows.duties).items())),
        units=tuple(_split(duties, videos, by_unit.get(name, ()), "unit", name) for name in units),
        months=tuple(_split(duties, videos, by_month.get(name, ()), "month", name) for name in named),
        types=tuple(_of_dispatches(_grouped(rows.sent, "type"))),
        priorities=tuple(_of_dispatches(_grouped(rows.sent, "priority"))),
    )


def _grouped(sent: Iterable[Sent], column: str) -> dict[str, list[Sent]]:
    found: dict[str, list[Sent]] = {}
    for one in sent:
        found.setdefault(getattr(one, column), []).append(one)
    return found


def _by_month(sent: Iterable[Sent], months: _Months) -> dict[str, list[Sent]]:
    found: dict[str, list[Sent]] = {}
    for one in sent:
        found.setdefault(months.of(one.begins_at), []).append(one)
    return found


def _of_dispatches(groups: Mapping[str, Sequence[Sent]]) -> Iterator[Split]:
    for name, sent in sorted(groups.items()):
        yield Split(name, tuple(sorted(dispatch_figures(sent), key=lambda one: in_order(one.measure))))


class Kind(NamedTuple):
    """What all figures ask of a row: rows of one kind are counted once for all of them."""

    unit: str
    month: str
    camera: str
    """Of a video."""
    is_excused: bool
    columns: tuple[str, ...]
    told: tuple[str, ...]
    """The row's part under each of `columns`."""


def _parts(row: Row) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(row.parts), tuple(row.parts.values())


class _Months:
    """Months by the hour: no zone changes its date within one of UTC's quarters of an hour."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[int, str] = {}

    def of(self, at: datetime | None) -> str:
        if at is None:
            return ""
        quarter = int(at.timestamp() // 900)
        if quarter not in self._known:
            self._known[quarter] = month_of(at, self._zone)
        return self._known[quarter]


def _split(
    duties: Mapping[Kind, int], videos: Mapping[Kind, int], sent: Sequence[Sent], field: str, name: str
) -> Split:
    def its(kinds: Mapping[Kind, int]) -> dict[Kind, int]:
        return {kind: number for kind, number in kinds.items() if getattr(kind, field) == name}

    return Split(name, _figures(its(duties), its(videos), sent))


def _figures(duties: Mapping[Kind, int], videos: Mapping[Kind, int], sent: Sequence[Sent]) -> tuple[Figure, ...]:
    found = dispatch_figures(sent)
    for excuses in Excuses:
        for rules, kinds in ((OF_DUTIES, duties), (OF_VIDEOS, videos)):
            parts = {column: _tally(kinds, column, excuses) for column in {rule.column for rule in rules}}
            found += (counted(rule, parts[rule.column], excuses) for rule in rules)
        cameras = Counter(_camera_parts(videos, excuses).values())
        found += (counted(rule, cameras, excuses) for rule in OF_CAMERAS)
    return tuple(sorted(found, key=lambda one: in_order(one.measure)))


def _tally(kinds: Mapping[Kind, int], column: str, excuses: Excuses) -> Counter[str]:
    found: Counter[str] = Counter()
    for kind, number in kinds.items():
        excused = kind.is_excused and excuses is Excuses.HONOURED
        found[EXCUSED if excused else kind.told[kind.columns.index(column)]] += number
    return found


def _camera_parts(videos: Mapping[Kind, int], excuses: Excuses) -> dict[str, str]:
    """Each camera's part, by its videos that count."""
    counts: dict[str, list[int]] = {}
    for kind, number in videos.items():
        both = counts.setdefault(kind.camera, [0, 0])
        if not (kind.is_excused and excuses is Excuses.HONOURED):
            part = kind.told[kind.columns.index("part")]
            both[0] += number * (part in (LATE, IN_TIME))
            both[1] += number * (part == LATE)
    return {camera: camera_part(*both) for camera, both in counts.items()}


def _causes(duties: Iterable[CountedDuty]) -> Counter[str]:
    unknown = (duty for duty in duties if duty.parts["part"] == Indeterminate.name)
    return Counter(cause for duty in unknown for cause in sorted(set(duty.last.causes)))
