"""Takes a person's word: checked, written, and what follows from it, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.db import transaction

from central.answers.kinds import ONCE_PER_CAMERA, ONCE_PER_SHIFT, REASONS, Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.refusals import Refusal, Refused
from central.answers.rights import Person, Said, is_party, refuse_saying
from central.config import CentralConfig
from central.custody.models import DockSession
from central.instants import rfc3339
from central.judging.excuses import excuse_camera, excuse_shift
from central.judging.models import Judgement
from central.judging.verdicts import current
from central.roster.csv_file import LONGEST_SHIFT
from central.roster.duties import REACH
from central.roster.models import Shift, Unit
from central.roster.shifts import correct
from central.roster.station_roster import LOOK_BACK
from central.timeliness.verdict import NoDuty, OnTime, Outstanding, Pending

log = structlog.get_logger()

MOST_TEXT = 2000
"""Characters."""
NEEDS_TEXT = frozenset({Kind.CONTEST, Kind.LOST})
CORRECTED = "corrected"
"""The `end_source` of an end that a person named."""
ACCUSES_NOBODY = frozenset({OnTime.name, NoDuty.name, Pending.name})


@dataclass(frozen=True)
class Saying:
    """What somebody wants to say of a shift."""

    kind: Kind
    shift_id: str
    by: Person
    sees: bool
    """Whether the shift is among those that he may see."""
    text: str = ""
    station_id: str = ""
    bay: str = ""
    camera: str = ""
    """Of `other_camera`: the one that was worn."""
    ends_at: datetime | None = None
    """Of `shift_end_wrong`."""
    token: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class _Case:
    saying: Saying
    shift: Shift
    judgement: Judgement | None
    config: CentralConfig
    now: datetime


def say(saying: Saying, config: CentralConfig, now: datetime) -> Answer:
    """Write it down, and do what follows from it. One token is one answer, however often it comes.

    Raises:
        Refused: he may not say this, or it cannot be; nothing was written.
    """
    with transaction.atomic():
        before = Answer.objects.filter(token=saying.token).first()
        if before is not None and (before.said_by, before.shift_id) == (saying.by.email, saying.shift_id):
            return before
        shift = Shift.objects.filter(pk=saying.shift_id).first()
        if shift is None or before is not None:
            raise Refused(Refusal.NOT_SEEN)
        refuse_saying(saying.by, saying.kind, shift.officer_id, sees=saying.sees)
        case = _Case(saying, shift, current(shift.pk), config, now)
        _refuse_senseless(case)
        _refuse_repeated(case)
        answer = _answer(case, FOLLOWS[saying.kind](case))
        answer.save(force_insert=True)
    log.info("answered", answer=answer.pk, kind=answer.kind, shift=answer.shift_id, by=answer.said_by)
    return answer


def _refuse_senseless(case: _Case) -> None:
    shift, text = case.shift, case.saying.text.strip()
    if shift.status in Shift.NOBODYS:
        raise Refused(Refusal.NOBODYS_SHIFT, status=shift.status)
    if is_too_old(shift, case.judgement, case.now):
        raise Refused(Refusal.TOO_OLD, days=LOOK_BACK.days)
    if len(text) > MOST_TEXT:
        raise Refused(Refusal.TEXT_TOO_LONG, most=MOST_TEXT)
    if case.saying.kind in NEEDS_TEXT and not text:
        raise Refused(Refusal.NO_TEXT)


def is_too_old(shift: Shift, judgement: Judgement | None, now: datetime) -> bool:
    """Whether it is not judged any more: not while its camera is out, for people are reminded of it still."""
    is_out = judgement is not None and judgement.verdict == Outstanding.name
    return shift.ends_at < now - LOOK_BACK and not is_out


def standing_already(kind: Kind, shift: Shift) -> Answer | None:
    """The answer of this kind that stands for this shift, or for its camera: another would say nothing new."""
    same = Answer.objects.filter(kind=kind, closings=None).order_by("pk")
    if kind in ONCE_PER_CAMERA:
        return same.filter(camera=shift.camera_serial).first()
    return same.filter(shift=shift).first() if kind in ONCE_PER_SHIFT else None


def _refuse_repeated(case: _Case) -> None:
    first = standing_already(case.saying.kind, case.shift)
    if first is not None:
        raise Refused(Refusal.SAID_ALREADY, by=first.said_by, at=_minute(first.said_at), number=first.pk)


def _answer(case: _Case, follows: Mapping[str, Any]) -> Answer:
    saying, shift = case.saying, case.shift
    return Answer(
        kind=saying.kind,
        shift=shift,
        camera=shift.camera_serial,
        officer_id=shift.officer_id,
        said_by=saying.by.email,
        said_as=" ".join(sorted(saying.by.roles)),
        said_at=case.now,
        text=saying.text.strip(),
        token=saying.token,
        judgement=case.judgement.pk if case.judgement else None,
        seen_docked_at=case.judgement.docked_at if case.judgement else None,
        **follows,
    )


def _said_docked(case: _Case) -> dict[str, Any]:
    """A pause runs from the first time that this was said of the shift: saying it again wins no time."""
    if case.shift.starts_at > case.now:
        raise Refused(Refusal.NOT_BEGUN)
    first = Answer.objects.filter(kind=Kind.SAID_DOCKED, shift=case.shift).order_by("pk").first()
    until = case.now + case.config.notices.pause if first is None else first.pauses_until
    return {"station_id": case.saying.station_id[:64], "bay": case.saying.bay.strip()[:255], "pauses_until": until}


def _other_camera(case: _Case) -> dict[str, Any]:
    before, after = case.shift.camera_serial, case.saying.camera.strip()
    if after == before:
        raise Refused(Refusal.SAME_CAMERA)
    is_seen = DockSession.objects.filter(camera=after).exists() or Shift.objects.filter(camera_serial=after).exists()
    if not after or not is_seen:
        raise Refused(Refusal.UNKNOWN_CAMERA, camera=after)
    refuse_touching_own(case.saying.by, case.shift, (before, after))
    correct(case.shift.pk, case.saying.by.email, case.now, camera_serial=after)
    return {"before": before, "after": after}


def _shift_end_wrong(case: _Case) -> dict[str, Any]:
    before, after = case.shift.ends_at, case.saying.ends_at
    if after is None:
        raise Refused(Refusal.NO_END, said="is missing.")
    if after == before:
        raise Refused(Refusal.SAME_END)
    if after <= case.shift.starts_at:
        raise Refused(Refusal.END_NOT_AFTER_START, start=_minute(case.shift.starts_at))
    if after - case.shift.starts_at > LONGEST_SHIFT:
        raise Refused(Refusal.TOO_LONG, hours=LONGEST_SHIFT // timedelta(hours=1))
    correct(case.shift.pk, case.saying.by.email, case.now, ends_at=after, end_source=CORRECTED)
    return {"before": f"{rfc3339(before)} {case.shift.end_source}".strip(), "after": rfc3339(after)}


def _camera_excused(case: _Case) -> dict[str, Any]:
    """From this shift's end on, whatever its deadline becomes: a deadline is never before its end."""
    camera, since, reason = case.shift.camera_serial, case.shift.ends_at, REASONS[case.saying.kind]
    own = own_shift_from(case.saying.by.officer_ids, camera, since, case.config)
    if own is not None:
        raise Refused(Refusal.OWN_CAMERA, camera=camera, shift=own.pk)
    return {"excuse": excuse_camera(camera, reason, case.saying.by.email, case.now, since=since, until=None)}


def _shift_excused(case: _Case) -> dict[str, Any]:
    return {"excuse": excused(case.shift, REASONS[case.saying.kind], case.saying.by.email, case.now)}


def _contest(case: _Case) -> dict[str, Any]:
    if case.judgement is None or case.judgement.verdict in ACCUSES_NOBODY:
        raise Refused(Refusal.NOTHING_TO_CONTEST)
    return {"due_at": case.now + case.config.notices.contest_due, "decider": _decider(case)}


FOLLOWS: Mapping[Kind, Callable[[_Case], Mapping[str, Any]]] = {
    Kind.SAID_DOCKED: _said_docked,
    Kind.OTHER_CAMERA: _other_camera,
    Kind.SHIFT_END_WRONG: _shift_end_wrong,
    Kind.REPAIR: _camera_excused,
    Kind.LEAVE_OR_COURT: _shift_excused,
    Kind.LOST: _camera_excused,
    Kind.CONTEST: _contest,
}


def excused(shift: Shift, reason: str, by: str, now: datetime) -> Any:
    """An excuse for the duty that this shift belongs to."""
    return excuse_shift(shift.pk, shift.camera_serial, reason, by, now)


def answered_by(shift_id: str) -> frozenset[str]:
    """Everybody who gave this shift an answer, or found how one ended; contests and what was withdrawn aside."""
    said = Answer.objects.filter(shift=shift_id).exclude(kind=Kind.CONTEST)
    standing = said.exclude(closings__outcome=Outcome.WITHDRAWN)
    found = Closing.objects.filter(answer__in=standing)
    return frozenset(standing.values_list("said_by", flat=True)) | frozenset(
        found.values_list("closed_by", flat=True)
    )


def refuse_touching_own(by: Person, shift: Shift, cameras: Iterable[str]) -> None:
    """Raises `Refused` when a shift of his own lies beside this one with one of these cameras: what becomes of this
    one decides whose turn it was to dock."""
    beside = Shift.objects.filter(officer__in=by.officer_ids, camera_serial__in=list(cameras)).exclude(pk=shift.pk)
    beside = beside.filter(ends_at__gte=shift.starts_at - REACH, starts_at__lte=shift.ends_at + REACH)
    own = beside.exclude(status__in=Shift.NOBODYS).first()
    if own is not None:
        raise Refused(Refusal.OWN_CAMERA, camera=own.camera_serial, shift=own.pk)


def own_shift_from(officer_ids: Iterable[str], camera: str, since: datetime, config: CentralConfig) -> Shift | None:
    """The first shift of these officers with this camera whose deadline is not before `since`."""
    grace = max([config.lateness.grace, *(unit.grace for unit in config.unit.values() if unit.grace is not None)])
    own = Shift.objects.filter(officer__in=list(officer_ids), camera_serial=camera, ends_at__gte=since - grace)
    rows = own.exclude(status__in=Shift.NOBODYS).order_by("starts_at", "pk")
    return next((one for one in rows if one.ends_at + config.grace_for(one.unit) >= since), None)


def _decider(case: _Case) -> str:
    """Whom the unit escalates to, if he has no part in it; else an administrator."""
    unit = Unit.objects.filter(pk=case.shift.unit).first()
    named = "" if unit is None else unit.escalate_to_email.strip().lower()
    said = Said(Kind.CONTEST, case.shift.officer_id, case.saying.by.email, named, answered_by(case.shift.pk))
    is_officer = named == case.shift.officer.email.strip().lower()
    return "" if is_officer or is_party(Person(named, frozenset()), said) else named


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
