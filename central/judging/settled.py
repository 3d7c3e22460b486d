"""Which verdicts news of docks can still change. The others are left out when a camera is judged again.

`on_time` and `no_duty` rest on docks that had begun by some instant, on when the camera's bay was watched during
those, and on the roster: not on the present time, not on how far stations have told, not on any other bay. So they
are settled at the later of duty end and the dock that decides, once every dock that may have begun by then is over
and its watch is told. From then on a dock that began later changes nothing:

- it is no return before the one that decides: it was seen later, and it had not begun by duty end;
- it ends no other stay: those are over by their own station's word;
- it makes no station relevant, for it did not begin by duty end.

Whatever else there is news of, everything is judged again: what a station watched, the roster, the policy, excuses.
Every other verdict is judged again each time.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from central.custody.coverage import Known, begins_after
from central.custody.models import DockSession
from central.timeliness.duty import Duty
from central.timeliness.instants import FAR_PAST, later, sooner
from central.timeliness.judgement import Judgement
from central.timeliness.verdict import NoDuty, OnTime


def settled_at(duty: Duty, said: Judgement, known: Known) -> datetime | None:
    """From when on the beginning of a dock cannot matter to this judgement; None: it is not settled."""
    if not acquits(said) or said.session is None:
        return None
    at = max(duty.ends_at, later(said.session.seen_at, said.session.uncertainty))
    for one in known.facts.sessions:
        began = FAR_PAST if one.absent_until is None else sooner(one.absent_until, one.uncertainty)
        if began <= at and one.session in known.unfinished:
            return None
    return at


def acquits(said: Judgement) -> bool:
    """Nothing that time brings takes this back."""
    return isinstance(said.plain, OnTime | NoDuty)


def earliest_news(changed: Iterable[DockSession]) -> datetime | None:
    """The earliest instant of which the news of these docks can speak; None: there is no news."""
    begins = [begins_after(dock) or FAR_PAST for dock in changed]
    return min(begins, default=None)
