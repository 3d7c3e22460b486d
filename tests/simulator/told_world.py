"""A story that was played and told as it should be: one camera late, one in a dead dock. Tests doctor it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from simulator.demo.absence import AbsencePlayed
from simulator.demo.mailbox import Mail
from simulator.demo.moves import DockPlayed
from simulator.demo.roster import DAY, LIEUTENANT, NIGHT, SERGEANT, Shift
from simulator.demo.told import TEST_MAIL, Told
from simulator.demo.world import IT

ENDS = datetime(2026, 11, 22, 22, tzinfo=UTC)
TIMES = (ENDS, ENDS - timedelta(hours=8))
LATE = Shift("night-1", "BWC0415", NIGHT, "east-1", *TIMES)
UNSEEN = Shift("night-2", "BWC0416", NIGHT, "north-1", *TIMES)
IN_TIME = Shift("day-1", "BWC0412", DAY, "east-1", *TIMES)
FIRST, CLEARED, SILENT, BACK = "<1@dock>", "<2@dock>", "<3@dock>", "<4@dock>"


def after(seconds: float) -> datetime:
    """So long after the end of all shifts. Two cameras are due 8 s after it."""
    return ENDS + timedelta(seconds=seconds)


def dock(camera: str, station: str, seconds: float) -> DockPlayed:
    return DockPlayed(camera, station, "Bay 1", after(seconds), after(seconds + 0.1))


def mail(message_id: str, to: str, subject: str, text: str, at: float, thread: str = "") -> Mail:
    return Mail((to,), subject, text, message_id, frozenset(thread.split()), after(at))


def told() -> Told:
    """Killed 2 s before the end; first notice at 10 s, back at 12 s, cleared at 15 s; it runs again at 20 s."""
    played = AbsencePlayed(
        LATE, UNSEEN, (IN_TIME,), after(-2), after(20), [_shift(UNSEEN, "indeterminate")], after(18)
    )
    lines = "BWC0415  Pat Example\n\nNot judged: BWC0416 (north-1 not watched all the time; IT knows)."
    return Told(
        played=played,
        docks=[dock("BWC0415", "east-1", -10), dock("BWC0416", "north-1", -1), dock("BWC0415", "west-1", 12)],
        mails=(
            mail("<0@dock>", IT, TEST_MAIL, "It works.", -30),
            mail(FIRST, SERGEANT, "[Dock] 1 camera not docked | Night Patrol | 22:00:10", lines, 10),
            mail(SILENT, IT, "[Dock] IT: north-1 silent since 22:00", "north-1 is silent. No camera is late.", 14),
            mail(CLEARED, SERGEANT, "[Dock] Cleared: BWC0415 docked 4 s past deadline", CAME_BACK, 15, FIRST),
            mail(BACK, IT, "[Dock] Over: north-1 is back", "north-1 is heard again since 22:00.", 24, SILENT),
        ),
        shifts=[
            _shift(LATE, "late") | {"late_by_seconds": 4.02, "docked_station_id": "west-1"},
            _shift(UNSEEN, "indeterminate"),
            _shift(IN_TIME, "on_time"),
        ],
        notices=[
            _notice("first", FIRST, SERGEANT, LATE),
            _notice("it_alert", SILENT, IT),
            _notice("cleared", CLEARED, SERGEANT, LATE),
            _notice("it_alert", BACK, IT),
        ],
        alarms=[{"kind": "station_silent", "subject": "north-1", "ended_at": after(22).isoformat()}],
    )


CAME_BACK = "BWC0415 has docked.\n\nBWC0415  Pat Example\n  Docked: west-1, Bay 4"


def with_mail(world: Told, message_id: str, **change: Any) -> Told:
    """The same, but for this mail."""
    mails = [replace(one, **change) if one.message_id == message_id else one for one in world.mails]
    return replace(world, mails=mails)


def without_mail(world: Told, message_id: str) -> Told:
    return replace(world, mails=[one for one in world.mails if one.message_id != message_id])


def with_another(world: Told, subject: str, text: str, to: str = SERGEANT) -> Told:
    return replace(world, mails=[*world.mails, mail("<9@dock>", to, subject, text, 16, FIRST)])


def with_row(world: Told, shift: Shift, **change: Any) -> Told:
    """The same, but for this row of `export shifts`."""
    rows = [row | change if row["shift_id"] == shift.shift_id else row for row in world.shifts]
    return replace(world, shifts=rows)


def with_played(world: Told, **change: Any) -> Told:
    return replace(world, played=replace(world.played, **change))


def with_notice(world: Told, shift: Shift, kind: str) -> Told:
    return replace(world, notices=[*world.notices, _notice(kind, "<8@dock>", LIEUTENANT, shift, sent=False)])


def _shift(shift: Shift, verdict: str) -> dict[str, Any]:
    return {
        "shift_id": shift.shift_id,
        "verdict": verdict,
        "deadline": shift.deadline.isoformat(),
        "why": ["unwatched north-1 folder 2026-11-22T21:59:58Z.."] if verdict == "indeterminate" else [],
        "late_by_seconds": None,
        "docked_at": after(12.3).isoformat(),
        "docked_station_id": None,
    }


def _notice(kind: str, message_id: str, to: str, shift: Shift | None = None, *, sent: bool = True) -> dict[str, Any]:
    return {
        "kind": kind,
        "message_id": message_id,
        "recipient": to,
        "shift_id": shift.shift_id if shift else None,
        "camera_serial": shift.camera if shift else None,
        "sent_at": ENDS.isoformat() if sent else None,
    }
