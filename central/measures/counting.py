"""How a figure comes from rows: every row has one part under each column, and a rule says which parts it counts among
which. Nothing is left unsaid: what a rule does not count it names, with its number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from central.measures.proportion import Proportion

EXCUSED = "excused"
"""The part of a row that an excuse takes out."""


class Excuses(StrEnum):
    """Every figure is given twice."""

    IGNORED = "ignored"
    """As if nobody had excused anything."""
    HONOURED = "honoured"
    """What is excused is left out, whatever its verdict: of both counts."""


class Row(Protocol):
    """Something that is counted."""

    @property
    def parts(self) -> Mapping[str, str]: ...

    @property
    def is_excused(self) -> bool: ...


@dataclass(frozen=True)
class Rule:
    """One figure: rows whose part under `column` is in `counts`, among those whose part is in `among`."""

    measure: str
    name: str
    column: str
    counts: frozenset[str]
    among: frozenset[str]

    def __post_init__(self) -> None:
        if not self.counts <= self.among:
            raise ValueError(f"{self.measure} {self.name} counts what it does not count among")


@dataclass(frozen=True)
class Figure:
    """What a rule found."""

    measure: str
    name: str
    excuses: Excuses
    proportion: Proportion
    left_out: Mapping[str, int]
    """How many rows of each part are in neither count."""


def part_of(row: Row, column: str, excuses: Excuses) -> str:
    """What this row is, under this column."""
    return EXCUSED if row.is_excused and excuses is Excuses.HONOURED else row.parts[column]


def counted(rule: Rule, parts: Mapping[str, int], excuses: Excuses) -> Figure:
    """Both counts, and everything that is in neither."""
    among = {part: number for part, number in parts.items() if part in rule.among}
    numerator = sum(number for part, number in among.items() if part in rule.counts)
    left_out = {part: number for part, number in sorted(parts.items()) if part not in rule.among}
    return Figure(rule.measure, rule.name, excuses, Proportion(numerator, sum(among.values())), left_out)
