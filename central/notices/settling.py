"""What becomes of a camera's open item by what stands now. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from central.notices.facts import Standing
from central.timeliness.verdict import Cause, Excused, Indeterminate, Late, NoDuty, OnTime, Outstanding, Pending

CLEARED, WITHDRAWN = "cleared", "withdrawn"
POLICY = "policy"
"""Why a camera was judged anew: [lateness] was changed."""


@dataclass(frozen=True)
class Closing:
    state: str
    """`cleared` or `withdrawn`."""
    why: str = ""


@dataclass(frozen=True)
class Change:
    """What happens to one camera's item: it closes, shifts join it, a new one opens with these shifts."""

    closes: Closing | None = None
    joins: tuple[str, ...] = ()
    opens: tuple[str, ...] = ()


def settle(
    camera: str,
    own: Sequence[str],
    stands: Mapping[str, Standing],
    outstanding: Sequence[Standing],
    now: datetime,
    zone: ZoneInfo,
) -> Change:
    """`own` are the shifts of the camera's open item, none if it has none; `stands` has what stands of them;
    `outstanding` is all that stands as outstanding of this camera and may be told."""
    named = tuple(one.shift_id for one in outstanding)
    if not own:
        return Change(opens=named)
    closes = closing(camera, own, stands, now, zone)
    if closes is None:
        return Change(joins=tuple(one for one in named if one not in own))
    return Change(closes=closes, opens=named)


def closing(
    camera: str, own: Sequence[str], stands: Mapping[str, Standing], now: datetime, zone: ZoneInfo
) -> Closing | None:
    """None: it stays open, because a shift of it is outstanding or is being judged again."""
    ours = [stands[one] for one in own if one in stands and stands[one].camera == camera]
    if any(one.verdict == Outstanding.name or _is_judged_again(one, now) for one in ours):
        return None
    if any(one.verdict == Late.name for one in ours):
        return Closing(CLEARED)
    return Closing(WITHDRAWN, _why(camera, own, stands, zone))


def _is_judged_again(one: Standing, now: datetime) -> bool:
    """Stations are waited for: nothing new is known yet."""
    return one.verdict == Pending.name and one.deadline_at <= now


def _why(camera: str, own: Sequence[str], stands: Mapping[str, Standing], zone: ZoneInfo) -> str:
    """Of several shifts, what is said of the last one."""
    known = [stands[one] for one in own if one in stands]
    if not known:
        return "The shift was taken off the roster, or moved to a time to come."
    last = max(known, key=lambda one: one.deadline_at)
    if last.camera != camera:
        return f"The shift is with camera {last.camera} now."
    match last.verdict:
        case OnTime.name:
            where = f" at {last.docked_where}" if last.docked_where else ""
            when = f" on {_local(last.docked_at, zone)}" if last.docked_at else ""
            return f"It was docked{where}{when}, in time."
        case NoDuty.name:
            return "It never left its dock."
        case Excused.name:
            return f"Excused: {last.excuse}." if last.excuse else "Excused."
        case Pending.name:
            what = "What counts as late was changed" if last.because == POLICY else "The shift's end was corrected"
            return f"{what}; the camera is due by {_local(last.deadline_at, zone)}."
        case Indeterminate.name:
            return _nothing_can_be_said(last)
        case _:
            return "It does not count as late any more."


def _nothing_can_be_said(one: Standing) -> str:
    if Cause.UNWATCHED in one.causes or Cause.NO_STATION in one.causes:
        return "Not all of its docks were watched all the time, as is known by now: nothing can be said."
    if Cause.TWO_OFFICERS in one.causes:
        return "Another officer may have had it, as is known by now: nothing can be said."
    return "What its docks saw is not certain enough, as is known by now: nothing can be said."


def _local(instant: datetime, zone: ZoneInfo) -> str:
    return instant.astimezone(zone).strftime("%a %b %-d %H:%M %Z")
