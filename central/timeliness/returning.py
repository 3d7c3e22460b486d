"""The return: which stay brought the camera back, for certain, perhaps, or too late."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from central.timeliness.duty import Duty, owners
from central.timeliness.facts import Facts
from central.timeliness.stay import Stay
from central.timeliness.verdict import Cause, Why


def counts_from(duty: Duty, following: Duty | None) -> datetime:
    """From when on a camera that is docked counts as returned: duty end, or earlier if the next officer may take it
    earlier. Being docked until that very instant counts."""
    if following is None:
        return duty.ends_at
    return min(duty.ends_at, max(duty.starts_at, following.takes_from))


@dataclass(frozen=True)
class Return:
    """What the stays say about one duty's return."""

    stays: Sequence[Stay]
    counts_from: datetime
    deadline: datetime
    ends_at: datetime

    def certain(self) -> Stay | None:
        """The return, if it was certainly by the deadline.

        It is the first stay that lasted until duty end. Where the next officer took the camera before that, it is the
        last one that had begun by duty end: he may have charged it, or brought it back and taken it again.
        """
        returns = [stay for stay in self._perhaps_in_time() if self._is_certain(stay)]
        begun = [stay for stay in returns if stay.seen_at <= self.ends_at]
        return begun[-1] if begun else next(iter(returns), None)

    def doubts(self) -> tuple[Why, ...]:
        """Stays that were perhaps a return in time, and perhaps not."""
        return tuple(self._doubt(stay) for stay in self._perhaps_in_time() if not self._is_certain(stay))

    def too_late(self) -> Stay | None:
        """The first stay that certainly began after the deadline."""
        after = (stay for stay in self.stays if stay.absent_until > self.deadline)
        return min(after, key=lambda stay: stay.absent_until, default=None)

    def _perhaps_in_time(self) -> list[Stay]:
        return [s for s in self.stays if s.absent_at >= self.counts_from and s.absent_until <= self.deadline]

    def _is_certain(self, stay: Stay) -> bool:
        return stay.last_present_at >= self.counts_from and stay.seen_at <= self.deadline

    def _doubt(self, stay: Stay) -> Why:
        where = (stay.session.station, stay.session.bay)
        if stay.last_present_at < self.counts_from:
            return Why(
                Cause.UNDOCK_UNCERTAIN, *where, stay.last_present_at, stay.session.absent_at and stay.absent_at
            )
        return Why(Cause.DOCK_UNCERTAIN, *where, stay.session.absent_until and stay.absent_until, stay.seen_at)


def never_taken(duty: Duty, facts: Facts, stays: Sequence[Stay], since: datetime) -> Stay | None:
    """The stay that shows that this officer never took the camera: docked from his start, or from the dock that ended
    the previous officer's hold after it, until it counts as returned (`since`)."""
    proven = [stay for stay in stays if stay.session.proves_dock]
    for place, stay in enumerate(proven):
        if stay.last_present_at < since:
            continue
        if stay.seen_at <= duty.starts_at:
            return stay
        if stay.seen_at <= duty.ends_at and place and _is_another_officers(proven[place - 1], duty, facts):
            return stay
    return None


def may_be_with_another(duty: Duty, facts: Facts, stays: Sequence[Stay], since: datetime) -> bool:
    """Whether another officer may have held the camera at the deadline: he took it last, or his duty with it came
    after it was last taken, without a dock between."""
    undocked = max((s.last_present_at for s in stays if s.session.proves_dock and s.absent_at < since), default=None)
    came = [one for one in facts.duties if one.takes_from <= duty.deadline]
    if undocked is not None:
        came = [*owners(undocked, facts.duties), *(one for one in came if one.takes_from > undocked)]
    return any(one.officer != duty.officer for one in came)


def _is_another_officers(stay: Stay, duty: Duty, facts: Facts) -> bool:
    """Whether the undock that ended this stay was certainly an earlier officer's."""
    took = [*owners(stay.last_present_at, facts.duties), *owners(stay.absent_at, facts.duties)]
    at_either_end = owners(stay.last_present_at, facts.duties) and owners(stay.absent_at, facts.duties)
    return bool(at_either_end) and all(o.officer != duty.officer and o.starts_at < duty.starts_at for o in took)
