"""What becomes of a file of users, cameras or officers: all of it or, with any error, nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from django.db import transaction

from central.refusals import CommandRefused
from central.roster.sheet import RowError

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"


@dataclass
class Outcome:
    """With errors nothing happened; else what was done, or in a dry run would be."""

    errors: list[RowError] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: int = 0
    warnings: list[str] = field(default_factory=list)

    def counted(self, what: str, *, dry_run: bool) -> str:
        """What the file did, in one line."""
        done = "would be" if dry_run else "were"
        total = len(self.added) + len(self.changed) + self.unchanged
        counts = f"{len(self.added)} {done} added, {len(self.changed)} changed, {self.unchanged} unchanged"
        return f"{total} {what}: {counts}"


class Row(Protocol):
    @property
    def row(self) -> int: ...


class _UndoneError(Exception):
    """Ends a transaction whose work is not wanted."""


R = TypeVar("R", bound=Row)


def bring_rows(
    rows: Iterable[R], errors: list[RowError], bring: Callable[[R], tuple[str, str]], *, dry_run: bool
) -> Outcome:
    """Bring each row in and count what it did; every refusal is an error of its row. A dry run does the same, and
    takes it back: what it says is what would happen. `bring` refuses before it writes."""
    outcome = Outcome(list(errors))
    with _taken_back_unless(outcome, dry_run=dry_run):
        for row in rows if not errors else ():
            try:
                what, name = bring(row)
            except CommandRefused as refused:
                outcome.errors.append(RowError(row.row, "", str(refused)))
                continue
            if what == ADDED:
                outcome.added.append(name)
            elif what == CHANGED:
                outcome.changed.append(name)
            else:
                outcome.unchanged += 1
    return outcome


@contextmanager
def _taken_back_unless(outcome: Outcome, *, dry_run: bool) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            if dry_run or outcome.errors:
                raise _UndoneError
    except _UndoneError:
        pass
