"""Puts together what the drawing of one shift shows: the same facts that its verdict rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.config import CentralConfig
from central.custody.coverage import facts_for
from central.dashboard.drawing.timeline import LONGEST, Lane, Span, Story, Told
from central.dashboard.whereabouts import bay_labels
from central.dashboard.words import Labels, bay_words, plainly
from central.judging.models import Judgement
from central.notices.models import Line
from central.roster.duties import duties_with
from central.roster.models import Shift
from central.timeliness.duty import Duty
from central.timeliness.facts import Bay, Facts
from central.timeliness.watching import gaps, watch_of

BESIDE = timedelta(days=2)
"""Duties and docks so long before are looked at: the dock from which it was taken, the officer before."""
MOST_LANES = 14


@dataclass(frozen=True)
class _Seen:
    """A duty, and what is known of its camera then."""

    duty: Duty
    facts: Facts
    said: Judgement | None
    now: datetime

    @property
    def ends_at(self) -> datetime:
        return self.duty.ends_at if self.said is None else self.said.duty_ends_at

    @property
    def deadline(self) -> datetime:
        return self.duty.deadline if self.said is None else self.said.deadline_at


def story_of(shift: Shift, said: Judgement | None, config: CentralConfig, now: datetime) -> Story | None:
    """None: the shift is nobody's duty. `said` is the judgement that stands, if there is one."""
    duties = duties_with([shift.camera_serial], shift.starts_at - BESIDE, config)
    duty = next((one for one in duties if any(part.shift_id == shift.pk for part in one.shifts)), None)
    if duty is None:
        return None
    until = min(now, duty.deadline + LONGEST)
    relevant = set(duty.home_stations if said is None else said.evidence.get("relevant", ()))
    facts = facts_for(shift.camera_serial, sorted(relevant), duty.starts_at - BESIDE, until)
    seen = _Seen(duty, facts, said, now)
    labels = bay_labels({bay.station for bay in facts.bays} | {one.station for one in facts.sessions})
    return Story(
        now=now,
        deadline=seen.deadline,
        duty=Span(duty.starts_at, seen.ends_at, "the duty"),
        rostered_end=duty.ends_at,
        counts_from=seen.ends_at,
        shifts=tuple(Span(one.starts_at, one.ends_at, f"shift {one.shift_id}") for one in duty.shifts),
        others=tuple(Span(one.starts_at, one.ends_at, "another duty") for one in duties if one != duty),
        docks=tuple(_docks(seen, labels)),
        lanes=tuple(_lanes(seen, relevant, labels)),
        told=tuple(_told(duty)),
        says=_says(shift, said),
    )


def _docks(seen: _Seen, labels: Labels) -> Iterable[Span]:
    decides = "" if seen.said is None else seen.said.docked_session
    for one in sorted(seen.facts.sessions, key=lambda session: session.seen_at):
        bay = labels.get((one.station, one.bay), one.bay)
        kind = "return" if one.session == decides else "dock"
        yield Span(one.seen_at, one.absent_at, f"{one.station} {bay}", kind)


def _lanes(seen: _Seen, relevant: Iterable[str], labels: Labels) -> Iterable[Lane]:
    lanes = [_lane(bay, seen, labels) for bay in seen.facts.bays if bay.station in relevant]
    known = {bay.station for bay in seen.facts.bays}
    missing = [_never_watched(name, seen) for name in sorted(set(relevant) - known)]
    held = {(one.station, labels.get((one.station, one.bay), one.bay)) for one in seen.facts.sessions}
    lanes.sort(key=lambda lane: (not lane.gaps, not any(f"{a} {b}" == lane.label for a, b in held), lane.label))
    shown = [*missing, *lanes]
    return shown[:MOST_LANES] if len(shown) > MOST_LANES else shown


def _lane(bay: Bay, seen: _Seen, labels: Labels) -> Lane:
    """As the rule sees it: each span narrowed by what the station's clock is worth."""
    certain = watch_of(bay).certain
    since, until = seen.duty.starts_at - BESIDE, min(seen.now, seen.deadline + LONGEST)
    tolerated = _tolerated(seen.said)
    label = f"{bay.station} {bay_words(bay.station, bay.bay, labels)}"
    unwatched = [(max(one, since), min(other, until)) for one, other in gaps(certain, since, until)]
    return Lane(
        label,
        tuple(Span(one, min(other, until), "watched") for one, other in certain if one <= until and other >= since),
        tuple(
            Span(one, other, "not watched", "tolerated" if (bay.station, bay.bay) in tolerated else "gap")
            for one, other in unwatched
            if one < other
        ),
    )


def _tolerated(said: Judgement | None) -> set[tuple[str, str]]:
    known = [] if said is None else said.evidence.get("tolerated", [])
    return {(gap["station"], gap["bay"]) for gap in known}


def _never_watched(station: str, seen: _Seen) -> Lane:
    since, until = seen.duty.starts_at - BESIDE, min(seen.now, seen.deadline + LONGEST)
    return Lane(station, (), (Span(since, until, "never watched", "gap"),) if since < until else ())


def _told(duty: Duty) -> Iterable[Told]:
    names = [one.shift_id for one in duty.shifts]
    lines = Line.objects.filter(shift_id__in=names).select_related("notice").order_by("notice__created_at", "pk")
    for line in lines:
        notice = line.notice
        shadow = " (shadow: not mailed)" if notice.mode == notice.SHADOW else ""
        yield Told(
            notice.sent_at or notice.created_at, line.kind, f"{plainly(line.kind)} to {notice.recipient}{shadow}"
        )


def _says(shift: Shift, said: Judgement | None) -> str:
    verdict = "not judged yet" if said is None else plainly(said.verdict)
    return (
        f"Timeline of shift {shift.pk} with camera {shift.camera_serial}: {verdict}. The table below says the same."
    )
