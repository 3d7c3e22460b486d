"""Reports, once for each shift and deadline, the cameras of the roster that were not seen here. Needs no central: the
last good roster counts, and reports go out in order with everything else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec

from agent.ports import Clock, Ledger
from agent.rules.changes import CameraNotSeen
from agent.rules.footage import DockSession
from agent.rules.not_seen import NotSeen, RosterShift, awaited, by_camera, is_due, not_seen, was_seen
from protocol.messages import RosterAnswer

AT_ONCE = 200
"""Reports in one commit: after days without power a whole roster may be due."""
REMEMBER = timedelta(days=40)
"""Docks that ended longer ago say nothing about a shift of the roster any more."""
SHOWN = 50
OUTLOOK_NS = 5_000_000_000


@dataclass(frozen=True, slots=True)
class KeptRoster:
    """The last good roster."""

    policy_revision: str
    confirmed_at: datetime | None
    """When central last sent it, or said that it is still the same."""
    shifts: tuple[RosterShift, ...]


@dataclass(frozen=True, slots=True)
class Outlook:
    """What this station would report, and what it has."""

    roster: KeptRoster | None
    awaited: tuple[RosterShift, ...] = ()
    reported: tuple[tuple[RosterShift, datetime | None], ...] = ()
    """Shifts of the roster, latest deadline first, each with when its camera docked here after the deadline."""


class Memory(Protocol):
    """What an outlook needs of a ledger; also of one that is only looked at."""

    def note(self, name: str) -> str | None: ...
    def sessions_since(self, instant: datetime) -> tuple[DockSession, ...]: ...
    def told_not_seen(self) -> frozenset[tuple[str, datetime]]: ...


class NotSeenReports:
    """Promises at most one report for each (shift, deadline), whatever crashes in between."""

    def __init__(self, ledger: Ledger, clock: Clock, told_until: Callable[[], datetime | None]) -> None:
        """`told_until`: up to when everything that happened here is in the ledger."""
        self._ledger = ledger
        self._clock = clock
        self._told_until = told_until
        self._roster: tuple[tuple[str, str], KeptRoster | None] | None = None
        """With the ETag and the confirmation under which it was read."""
        self._told: frozenset[tuple[str, datetime]] | None = None
        self._seen: set[tuple[str, datetime]] = set()
        """Shifts that need no report: what was seen stays seen."""
        self.outlook = Outlook(None)
        self._look_again_ns = 0

    def round(self) -> int:
        """Report what is due; how many reports were made.

        Raises:
            LedgerBroken: nothing was reported.
        """
        roster, told_until = self.roster(), self._told_until()
        first = self._ledger.note("first_watch")
        if roster is None or told_until is None or not first:
            self.outlook = Outlook(roster)
            return 0
        if self._told is None:
            self._told = self._ledger.told_not_seen()
        ahead, first_watch = _ahead(self._clock), datetime.fromisoformat(first)
        due = [
            shift
            for shift in roster.shifts
            if shift.key not in self._told
            and shift.key not in self._seen
            and is_due(shift, told_until, first_watch, ahead)
        ]
        if due:
            self._report(due[:AT_ONCE], roster, first_watch, told_until, ahead)
        now = self._clock.now()
        if due or now.monotonic_ns >= self._look_again_ns:
            self.outlook = outlook(self._ledger, roster, self._told, now.wall, ahead)
            self._look_again_ns = now.monotonic_ns + OUTLOOK_NS
        return len(due)

    def roster(self) -> KeptRoster | None:
        """The last good roster, read anew only when it changed."""
        version = self._ledger.note("roster_etag") or "", self._ledger.note("roster_at") or ""
        if self._roster is None or self._roster[0] != version:
            self._roster = version, kept_roster(self._ledger.note("roster"), version[1])
        return self._roster[1]

    def _report(
        self,
        due: Sequence[RosterShift],
        roster: KeptRoster,
        first_watch: datetime,
        told_until: datetime,
        ahead: timedelta,
    ) -> None:
        earliest = min(shift.ends_at for shift in due) + ahead
        docks = _docks(self._ledger, due, earliest - REMEMBER)
        gaps = self._ledger.unwatched_since(earliest)
        missing = [shift for shift in due if not was_seen(shift, docks.get(shift.camera, ()), ahead)]
        reports = [
            not_seen(shift, docks.get(shift.camera, ()), gaps, first_watch, ahead)
            for shift in sorted(missing, key=lambda shift: (shift.deadline_at, shift.shift_id))
        ]
        self._ledger.commit(*(self._change(report, roster, told_until) for report in reports))
        told = {report.shift.key for report in reports}
        self._told = (self._told or frozenset()) | told
        self._seen.update(shift.key for shift in due if shift.key not in told)

    def _change(self, report: NotSeen, roster: KeptRoster, told_until: datetime) -> CameraNotSeen:
        shift = report.shift
        return CameraNotSeen(
            at=self._clock.now(),
            shift_id=shift.shift_id,
            camera=shift.camera,
            ends_at=shift.ends_at,
            deadline_at=shift.deadline_at,
            policy_revision=roster.policy_revision,
            roster_at=roster.confirmed_at,
            watched_from=report.watched_from,
            watched_until=told_until,
            unwatched=report.unwatched,
            last_seen_at=report.last_seen_at,
            last_bay=report.last_bay,
        )


def kept_roster(body: str | None, confirmed_at: str) -> KeptRoster | None:
    """The roster as it was kept; None without one, or when an agent of another protocol wrote it."""
    if body is None:
        return None
    try:
        answer = msgspec.json.decode(body, type=RosterAnswer)
    except msgspec.DecodeError:
        return None
    shifts = tuple(
        RosterShift(one.shift_id, one.camera_serial, one.ends_at, one.deadline_at) for one in answer.shifts
    )
    return KeptRoster(answer.policy_revision, datetime.fromisoformat(confirmed_at) if confirmed_at else None, shifts)


def outlook(
    ledger: Memory, roster: KeptRoster, told: frozenset[tuple[str, datetime]], now: datetime, ahead: timedelta
) -> Outlook:
    """What would be reported at the next deadlines, and what of this roster was."""
    coming = [shift for shift in roster.shifts if shift.ends_at + ahead <= now <= shift.deadline_at + ahead]
    reported = sorted(
        (shift for shift in roster.shifts if shift.key in told),
        key=lambda shift: (shift.deadline_at, shift.shift_id),
        reverse=True,
    )[:SHOWN]
    concerned = [*coming, *reported]
    if not concerned:
        return Outlook(roster)
    docks = _docks(ledger, concerned, min(shift.ends_at for shift in concerned) + ahead)
    return Outlook(
        roster,
        tuple(awaited(coming, docks, now, ahead)[:SHOWN]),
        tuple((shift, _docked_after(shift, docks.get(shift.camera, ()), ahead)) for shift in reported),
    )


def outlook_of(memory: Memory, now: datetime) -> Outlook:
    """The same of a ledger whose agent does not run."""
    roster = kept_roster(memory.note("roster"), memory.note("roster_at") or "")
    return Outlook(None) if roster is None else outlook(memory, roster, memory.told_not_seen(), now, timedelta())


def _docked_after(shift: RosterShift, docks: Sequence[DockSession], ahead: timedelta) -> datetime | None:
    return min((dock.seen_at for dock in docks if dock.seen_at > shift.deadline_at + ahead), default=None)


def _docks(ledger: Memory, shifts: Sequence[RosterShift], since: datetime) -> dict[str, list[DockSession]]:
    return by_camera(ledger.sessions_since(since), {shift.camera for shift in shifts})


def _ahead(clock: Clock) -> timedelta:
    """How far this clock is ahead of central's; not at all while that was never measured."""
    return timedelta(milliseconds=clock.now().offset_ms or 0.0)
