"""The one door: a duty and what is known, in; a verdict and its evidence, out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from central.timeliness.coverage import (
    Coverage,
    Gap,
    coverage,
    relevant_stations,
    unwatched_within,
    watched_by_all_until,
)
from central.timeliness.duty import Duty, next_duty
from central.timeliness.facts import DockSession, Facts, Station
from central.timeliness.instants import in_utc
from central.timeliness.returning import Return, counts_from, may_be_with_another, never_taken
from central.timeliness.stay import Stay, Watches, stays_of
from central.timeliness.verdict import (
    Cause,
    Excused,
    Indeterminate,
    Late,
    NoDuty,
    OnTime,
    Outstanding,
    Pending,
    PlainVerdict,
    Verdict,
    Why,
)
from central.timeliness.watching import watch_of

NOT_DRAINED = "not_drained"
"""It was taken out before every file was durable in the spool."""
ARRIVAL_ONLY = "arrival_only"
"""Files arrived in a drop folder; no dock was seen."""


@dataclass(frozen=True)
class Judgement:
    """A verdict, and all that somebody who does not trust us needs to reach it again."""

    verdict: Verdict
    plain: PlainVerdict
    """The verdict without excuses."""
    deadline: datetime
    counts_from: datetime
    """From when on being docked counted as returned."""
    relevant: tuple[str, ...]
    """Stations that owed coverage."""
    session: DockSession | None = None
    """The dock session that decides: the return, or the one that shows that there was no duty."""
    flags: tuple[str, ...] = ()
    tolerated: tuple[Gap, ...] = ()
    """Gaps in the watch before the deadline that were too short to spoil the verdict."""
    since_deadline: tuple[Gap, ...] = ()
    """Gaps of relevant bays after the deadline: it may have been docked then, late all the same, but less."""


@dataclass(frozen=True)
class Prepared:
    """One camera's facts, with what is the same for each of its duties made once."""

    facts: Facts
    watches: Watches
    stays: dict[timedelta, list[Stay]] = field(default_factory=dict)
    """By what is tolerated; filled as duties ask."""

    def stays_for(self, tolerated: timedelta) -> list[Stay]:
        if tolerated not in self.stays:
            self.stays[tolerated] = stays_of(self.facts.sessions, self.watches, tolerated)
        return self.stays[tolerated]

    def with_duties(self, duties: tuple[Duty, ...]) -> Prepared:
        """The same docks and watches with other duties: neither rests on them."""
        return replace(self, facts=replace(self.facts, duties=duties))


def prepare(facts: Facts) -> Prepared:
    """For judging more than one duty of a camera."""
    return Prepared(facts, {(bay.station, bay.bay): watch_of(bay) for bay in facts.bays})


def judge(duty: Duty, facts: Facts | Prepared, now: datetime) -> Judgement:
    """What is to be said about this duty, knowing these facts at `now`.

    `duty` is one of the facts' duties. `now` is central's time of asking; what is not yet known counts as unknown.

    Raises:
        ValueError: `now` has no offset.
    """
    case = _case(duty, facts if isinstance(facts, Prepared) else prepare(facts), in_utc(now))
    plain, stay, covered = _plain(case)
    reason = next((excuse.reason for excuse in case.facts.excuses if excuse.covers(duty)), None)
    return Judgement(
        verdict=plain if reason is None else Excused(reason),
        plain=plain,
        deadline=duty.deadline,
        counts_from=case.counts_from,
        relevant=tuple(sorted(case.relevant)),
        session=stay.session if stay else None,
        flags=_flags(stay) if stay else (),
        tolerated=covered.tolerated,
        since_deadline=_unwatched_since(case, plain.by) if isinstance(plain, Late | Outstanding) else (),
    )


@dataclass(frozen=True)
class _Case:
    """One duty with its facts, put on central's clock."""

    duty: Duty
    facts: Facts
    now: datetime
    counts_from: datetime
    watches: Watches
    stays: Sequence[Stay]
    relevant: frozenset[str]


def _case(duty: Duty, prepared: Prepared, now: datetime) -> _Case:
    facts, stays = prepared.facts, prepared.stays_for(duty.policy.tolerated_gap)
    since = counts_from(duty, next_duty(duty, facts.duties))
    return _Case(duty, facts, now, since, prepared.watches, stays, relevant_stations(duty, stays))


def _plain(case: _Case) -> tuple[PlainVerdict, Stay | None, Coverage]:
    """The verdict without excuses, the stay that decides it, and the coverage it rests on. The order is the policy's:
    what acquits comes first."""
    duty = case.duty
    returned = Return(case.stays, case.counts_from, duty.deadline, duty.ends_at)
    untouched = never_taken(duty, case.facts, case.stays, case.counts_from)
    if untouched:
        return NoDuty(), untouched, Coverage()
    in_time = returned.certain()
    if in_time:
        return OnTime(in_time.told_at), in_time, Coverage()
    if case.now < duty.deadline:
        return Pending(), None, Coverage()
    waiting_for = _waiting_for(case)
    if waiting_for:
        return Pending(waiting_for), None, Coverage()
    return _past_deadline(case, returned)


def _past_deadline(case: _Case, returned: Return) -> tuple[PlainVerdict, Stay | None, Coverage]:
    """All is said that will be, and nothing acquits. The officer is late only if nothing at all stands against it."""
    duty = case.duty
    window = (case.counts_from, duty.deadline)
    covered = coverage(case.relevant, case.watches, case.stays, window, duty.policy.tolerated_gap)
    against = [*returned.doubts(), *covered.spoiled]
    if may_be_with_another(duty, case.facts, case.stays, case.counts_from):
        against.append(Why(Cause.TWO_OFFICERS))
    if against:
        return Indeterminate(tuple(against)), None, covered
    late = returned.too_late()
    if late:
        return Late(late.absent_until - duty.deadline), late, covered
    until = min(watched_by_all_until(case.relevant, case.watches), case.now)
    return Outstanding(until - duty.deadline), None, covered


def _waiting_for(case: _Case) -> tuple[str, ...]:
    """Relevant stations that have not yet told everything up to the deadline, and still speak."""
    stations = {one.station: one for one in case.facts.stations}
    known = [stations[name] for name in sorted(case.relevant) if name in stations]
    return tuple(one.station for one in known if not _has_told(one, case.duty.deadline) and not _is_silent(one, case))


def _has_told(station: Station, deadline: datetime) -> bool:
    return station.reported_until is not None and station.reported_until > deadline


def _is_silent(station: Station, case: _Case) -> bool:
    return station.heard_at is None or case.now - station.heard_at >= case.duty.policy.offline_after


def _unwatched_since(case: _Case, by: timedelta) -> tuple[Gap, ...]:
    return unwatched_within(case.relevant, case.watches, (case.duty.deadline, case.duty.deadline + by))


def _flags(stay: Stay) -> tuple[str, ...]:
    session = stay.session
    pulled = session.absent_at is not None and not session.drained
    said = ((ARRIVAL_ONLY, not session.proves_dock), (NOT_DRAINED, session.proves_dock and pulled))
    return tuple(name for name, holds in said if holds)
