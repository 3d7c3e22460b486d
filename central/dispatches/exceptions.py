"""Which exception stands for a dispatch, and whether it was documented before or after the fact. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from central.dispatches.csv_file import DispatchRow

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class Said:
    """An exception that stands: nobody withdrew or refused it."""

    number: int
    officer: str
    dispatch_id: str
    since: datetime
    until: datetime
    said_at: datetime


class Exceptions:
    """By officer, the oldest word first: that one is named."""

    def __init__(self, said: Iterable[Said]) -> None:
        self._by_officer: dict[str, list[Said]] = defaultdict(list)
        for one in sorted(said, key=lambda one: (one.said_at, one.number)):
            self._by_officer[one.officer].append(one)

    def of(self, row: DispatchRow) -> Said | None:
        """The one that stands for this dispatch: it names it, or names none and its span overlaps it."""
        begins, cleared = row.begins_at, row.cleared_at
        if begins is None or cleared is None:
            return None
        for one in self._by_officer.get(row.officer_id, ()):
            if one.dispatch_id == row.dispatch_id or (
                not one.dispatch_id and one.since <= cleared and one.until >= begins
            ):
                return one
        return None


def documented(said: Said, row: DispatchRow) -> str:
    """`before` when it was said before the dispatch began, else `after`."""
    return BEFORE if row.begins_at is not None and said.said_at < row.begins_at else AFTER
