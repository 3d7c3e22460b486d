"""Which cameras of the roster were not seen here from their shift's end to its deadline.

A fact about this station, no verdict: whether anybody is late is central's to say, who knows every station.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.rules.footage import DockSession
from agent.rules.watching import Unwatched, reaching_into


@dataclass(frozen=True, slots=True)
class RosterShift:
    """One shift as central told it, instants on central's clock."""

    shift_id: str
    camera: str
    ends_at: datetime
    deadline_at: datetime

    @property
    def key(self) -> tuple[str, datetime]:
        """What is reported once: a deadline that moved is another one."""
        return self.shift_id, self.deadline_at


@dataclass(frozen=True, slots=True)
class NotSeen:
    """What is to be reported of one shift. Instants but the shift's own are on this station's clock."""

    shift: RosterShift
    watched_from: datetime | None
    """None: the station had watched before the shift's end."""
    unwatched: tuple[Unwatched, ...]
    last_seen_at: datetime | None
    last_bay: str


def is_due(shift: RosterShift, told_until: datetime, first_watch: datetime, ahead: timedelta) -> bool:
    """Whether everything up to the deadline is known here now, and this ledger had begun to watch before it.

    `ahead`: how far the station's clock is ahead of central's.
    """
    deadline = shift.deadline_at + ahead
    return first_watch < deadline < told_until


def was_seen(shift: RosterShift, docks: Iterable[DockSession], ahead: timedelta) -> bool:
    """Whether one of this camera's docks held it at some instant from the shift's end to its deadline."""
    begins, ends = shift.ends_at + ahead, shift.deadline_at + ahead
    return any(dock.seen_at <= ends and (dock.undocked_at is None or dock.undocked_at >= begins) for dock in docks)


def not_seen(
    shift: RosterShift,
    docks: Sequence[DockSession],
    gaps: Iterable[Unwatched],
    first_watch: datetime,
    ahead: timedelta,
) -> NotSeen:
    """The report of a shift that is due and whose camera was not seen; `docks` are that camera's."""
    begins, ends = shift.ends_at + ahead, shift.deadline_at + ahead
    before = [dock for dock in docks if dock.last_present_at is not None and dock.last_present_at < begins]
    last = max(before, key=lambda dock: dock.last_present_at or dock.seen_at, default=None)
    return NotSeen(
        shift=shift,
        watched_from=first_watch if first_watch > begins else None,
        unwatched=reaching_into(gaps, begins, ends),
        last_seen_at=last.last_present_at if last else None,
        last_bay=last.bay if last else "",
    )


def awaited(
    shifts: Iterable[RosterShift], docks: Mapping[str, Sequence[DockSession]], now: datetime, ahead: timedelta
) -> list[RosterShift]:
    """Shifts that have ended, whose deadline is to come and whose camera was not seen since, soonest first: what
    would be reported if nothing changed."""
    ended = [shift for shift in shifts if shift.ends_at + ahead <= now <= shift.deadline_at + ahead]
    missing = [shift for shift in ended if not was_seen(shift, docks.get(shift.camera, ()), ahead)]
    return sorted(missing, key=lambda shift: (shift.deadline_at, shift.shift_id))


def by_camera(docks: Iterable[DockSession], cameras: Collection[str]) -> dict[str, list[DockSession]]:
    found: dict[str, list[DockSession]] = {}
    for dock in docks:
        if dock.camera in cameras:
            found.setdefault(dock.camera, []).append(dock)
    return found
