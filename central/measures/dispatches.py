"""Dispatches as they are counted: once each, and once for each officer who was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from central.dispatches.csv_file import CALL, SELF_INITIATED
from central.dispatches.explaining import Cause
from central.dispatches.finding import PENDING, Edge, Result
from central.measures.counting import EXCUSED, Excuses, Figure, counted, part_of
from central.measures.rules import COMPLETE, INCOMPLETE, OF_DISPATCHES, OF_SENT, WITH_VIDEO, WITHOUT_VIDEO


@dataclass(frozen=True)
class Sent:
    """One officer of one dispatch: a row of `export dispatches`."""

    dispatch_id: str
    officer: str
    kind: str
    type: str
    priority: str
    begins_at: datetime | None
    unit: str = ""
    result: str = PENDING
    rule: str = ""
    cause: str = ""
    start: str = ""
    end: str = ""
    documented: str = ""
    late_start_s: float | None = None
    early_end_s: float | None = None
    assets: tuple[str, ...] = ()
    cameras: tuple[str, ...] = ()

    @property
    def is_excused(self) -> bool:
        """Somebody documented why its recording is late, short or missing."""
        return bool(self.documented)

    @cached_property
    def video(self) -> str:
        """Whether there is a recording; of a row that is not counted, why."""
        if self.result in (Result.EXCLUDED, PENDING):
            return self.rule or PENDING
        return WITHOUT_VIDEO if self.result == Result.MISSING else WITH_VIDEO

    @cached_property
    def parts(self) -> Mapping[str, str]:
        missing = self.video == WITHOUT_VIDEO
        documented = f"documented_{self.documented}" if self.cause == Cause.DOCUMENTED_EXCEPTION else self.cause
        has_video = self.video == WITH_VIDEO
        return {
            "call": self.video if self.kind == CALL else self.kind,
            "self_initiated": self.video if self.kind == SELF_INITIATED else self.kind,
            "cause": self.cause if missing else self.video,
            "documented": documented if missing else self.video,
            "start": self.start if has_video else self.video,
            "end": self.end if has_video else self.video,
            "whole": _whole(self.start, self.end) if has_video else self.video,
        }


def _whole(start: str, end: str) -> str:
    if start == Edge.LATE_START or end == Edge.EARLY_END:
        return INCOMPLETE
    return COMPLETE if start == end == Edge.IN_TIME else (start if start != Edge.IN_TIME else end)


@dataclass(frozen=True)
class CountedDispatch:
    """A row of M9 and M10: it has a video as soon as one of its officers has."""

    dispatch_id: str
    sent: Sequence[Sent]

    def part(self, column: str, excuses: Excuses) -> str:
        """Excused officers are left out where excuses are honoured; with all of them, so is the dispatch."""
        parts = {part_of(one, column, excuses) for one in self.sent}
        for wanted in (WITH_VIDEO, WITHOUT_VIDEO):
            if wanted in parts:
                return wanted
        return min(parts - {EXCUSED}, default=EXCUSED)


def counted_dispatches(sent: Iterable[Sent]) -> list[CountedDispatch]:
    """The dispatches of these rows, by id."""
    found: dict[str, list[Sent]] = {}
    for one in sent:
        found.setdefault(one.dispatch_id, []).append(one)
    return [CountedDispatch(dispatch_id, rows) for dispatch_id, rows in sorted(found.items())]


def dispatch_figures(sent: Sequence[Sent]) -> list[Figure]:
    """All figures of these rows, each once for each way of treating exceptions."""
    dispatches = counted_dispatches(sent)
    found: list[Figure] = []
    for excuses in Excuses:
        of_sent = {column: Counter(part_of(one, column, excuses) for one in sent) for column in _columns(OF_SENT)}
        found += (counted(rule, of_sent[rule.column], excuses) for rule in OF_SENT)
        of_whole = {
            column: Counter(one.part(column, excuses) for one in dispatches) for column in _columns(OF_DISPATCHES)
        }
        found += (counted(rule, of_whole[rule.column], excuses) for rule in OF_DISPATCHES)
    return found


def _columns(rules: Iterable[object]) -> list[str]:
    return sorted({rule.column for rule in rules})  # type: ignore[attr-defined]
