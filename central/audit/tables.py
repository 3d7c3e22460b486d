"""The tables of a package: those of `dock-central export` that figures come from, cut to the span, and the counted
rows behind each measure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from central.administration.tables import TABLES
from central.audit.pseudonyms import Pseudonyms
from central.audit.span import left_out
from central.measures.measuring import Measures, Rows
from central.measures.rules import MEASURES
from central.measures.telling import rows_behind
from central.measures.window import Window

PACKAGED = ("shifts", "assets", "docks", "dispatches", "stations", "flips", "ledgers")
EXCLUSION_COLUMNS = ("measure", "name", "excuses", "part", "count")
OUTSIDE_COLUMNS = ("table", "rule", "count", "packaged")
PLACED_BY = {
    **dict.fromkeys(("M1", "M2", "M3"), ("duty_ends_at",)),
    **dict.fromkeys(("M4a", "M4b", "M5"), ("recorded_at", "staged_at")),
    **dict.fromkeys(("M9b", "M10b", "M11", "M12"), ("begins_at",)),
}
"""By which column's instant a row belongs to a month; of several the first that is known. A measure that is not named
has no rows of single months."""


@dataclass
class Taken:
    """How many rows of one table are in the package, and how many are not, by rule."""

    packaged: int = 0
    outside: Counter[str] = field(default_factory=Counter)


def rows_of(table: str, window: Window, pseudonyms: Pseudonyms, taken: Taken) -> Iterator[list[Any]]:
    """The rows of one table that the span needs; `taken` counts them while they are read."""
    columns, read = TABLES[table]
    for row in read():
        rule = left_out(table, dict(zip(columns, row, strict=True)), window)
        if rule is None:
            taken.packaged += 1
            yield pseudonyms.of(columns, row)
        else:
            taken.outside[rule] += 1


def outside_rows(taken: dict[str, Taken]) -> Iterator[list[Any]]:
    for table, one in taken.items():
        yield from ([table, rule, number, one.packaged] for rule, number in sorted(one.outside.items()))
        if not one.outside:
            yield [table, None, 0, one.packaged]


def exclusion_rows(told: Measures) -> Iterator[list[Any]]:
    for one in told.figures:
        yield from ([one.measure, one.name, one.excuses, part, number] for part, number in one.left_out.items())


@dataclass(frozen=True)
class CountedFile:
    """The rows behind one or more measures."""

    name: str
    measures: tuple[str, ...]
    columns: Sequence[str]


def counted_files(rows: Rows) -> list[CountedFile]:
    """Measures that count the same rows share a file."""
    same: dict[tuple[str, ...], list[str]] = {}
    for measure in MEASURES:
        same.setdefault(tuple(rows_behind(measure, rows)[0]), []).append(measure)
    return [CountedFile("_".join(measures), tuple(measures), columns) for columns, measures in same.items()]


def counted_rows(one: CountedFile, rows: Rows, pseudonyms: Pseudonyms) -> Iterator[list[Any]]:
    for row in rows_behind(one.measures[0], rows)[1]:
        yield pseudonyms.of(one.columns, row)
