"""What an import would do, and whether a person should look first. Values in, decision out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from central.roster.csv_file import RosterRow

WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Plan:
    """What changes. A second import of the same file plans nothing."""

    added: tuple[RosterRow, ...] = ()
    changed: tuple[tuple[RosterRow, RosterRow], ...] = ()
    """As it stands, and as the file has it."""
    withdrawn: tuple[RosterRow, ...] = ()
    """As they stand."""
    unchanged: int = 0
    standing: int = 0
    """Shifts of the window before the import; 0 without a window."""

    @property
    def is_empty(self) -> bool:
        return not (self.added or self.changed or self.withdrawn)

    @property
    def rows(self) -> tuple[RosterRow, ...]:
        """Every shift that this import brings or changes, as it will be."""
        return (*self.added, *(new for _, new in self.changed))


@dataclass(frozen=True)
class Limits:
    """Beyond these an import waits for a person: it looks like a mistake of the exporting program."""

    moved_alike: int
    """So many ends moved by the same span: a zone or an hour of summer time gone wrong."""
    withdrawn_percent: float
    late: int
    """So many cameras that would be overdue at once."""


def plan_import(
    rows: Iterable[RosterRow],
    known: Mapping[str, RosterRow],
    window: Iterable[str] | None,
    said: Mapping[str, RosterRow] = MappingProxyType({}),
) -> Plan:
    """`known`: the shifts that stand, by id, at least those of `rows` and of `window`. `window`: the ids of the
    standing shifts that the file means to replace, or None when it only adds and changes. `said`: for shifts of which
    somebody who knows better said otherwise since, what a file like this said last: to say it again is no news."""
    added: list[RosterRow] = []
    changed: list[tuple[RosterRow, RosterRow]] = []
    named: set[str] = set()
    unchanged = 0
    for row in rows:
        named.add(row.shift_id)
        before = known.get(row.shift_id)
        if before is None:
            added.append(row)
        elif _same(before, row) or (row.shift_id in said and _same(said[row.shift_id], row)):
            unchanged += 1
        else:
            changed.append((before, row))
    standing = [] if window is None else [one for one in window if known[one].status != WITHDRAWN]
    withdrawn = tuple(known[one] for one in standing if one not in named)
    return Plan(tuple(added), tuple(changed), withdrawn, unchanged, len(standing))


def _same(before: RosterRow, row: RosterRow) -> bool:
    return _told(before) == _told(row)


def _told(row: RosterRow) -> tuple[object, ...]:
    """Without what belongs to the officer and not to the shift; the order of stations means nothing."""
    own = (row.officer_id, row.camera_serial, row.starts_at, row.ends_at, row.status, row.end_source)
    return (*own, row.supervisor_email, row.unit, sorted(row.stations))


def doubts(plan: Plan, would_be_late: int, limits: Limits) -> tuple[str, ...]:
    """Why a person should look before this is applied, a sentence each; none: go ahead."""
    found = []
    moved, span = most_moved_alike(plan)
    if moved >= limits.moved_alike and moved * 2 >= sum(old.ends_at != new.ends_at for old, new in plan.changed):
        found.append(f"{moved} shifts would end {_span(span)} than before: was the file written in another zone?")
    if plan.standing and len(plan.withdrawn) * 100 > limits.withdrawn_percent * plan.standing:
        found.append(f"{len(plan.withdrawn)} of the {plan.standing} shifts would be withdrawn: is the file whole?")
    if would_be_late > limits.late:
        found.append(f"{would_be_late} cameras would be overdue at once: are these instants right?")
    return tuple(found)


def most_moved_alike(plan: Plan) -> tuple[int, timedelta]:
    """How many ends moved by the same span, and by which."""
    spans = Counter(new.ends_at - old.ends_at for old, new in plan.changed if new.ends_at != old.ends_at)
    return max(((count, span) for span, count in spans.items()), default=(0, timedelta(0)))


def _span(span: timedelta) -> str:
    return f"{abs(span)} {'later' if span > timedelta(0) else 'earlier'}"


def overlaps(rows: Iterable[RosterRow]) -> list[tuple[RosterRow, RosterRow]]:
    """Pairs of shifts in which two officers hold one camera at the same time: nobody can be judged by them."""
    by_camera: dict[str, list[RosterRow]] = {}
    for row in rows:
        if row.status not in ("cancelled", WITHDRAWN):
            by_camera.setdefault(row.camera_serial, []).append(row)
    return [pair for shifts in by_camera.values() for pair in _overlapping(shifts)]


def _overlapping(shifts: list[RosterRow]) -> Iterator[tuple[RosterRow, RosterRow]]:
    under_way: list[RosterRow] = []
    for row in sorted(shifts, key=lambda one: (one.starts_at, one.ends_at, one.shift_id)):
        under_way = [one for one in under_way if one.ends_at > row.starts_at]
        yield from ((one, row) for one in under_way if one.officer_id != row.officer_id)
        under_way.append(row)
