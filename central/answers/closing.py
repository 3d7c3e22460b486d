"""Ends an answer: what was found or decided, or its withdrawal, which undoes what followed from it."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from central.answers.kinds import BY_PEOPLE, DECISIONS, FINDINGS, REASONS, Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.refusals import Refusal, Refused
from central.answers.rights import Person, Said, refuse_finding, refuse_withdrawing
from central.answers.saying import MOST_TEXT, answered_by, excused, refuse_touching_own
from central.instants import rfc3339
from central.judging.excuses import withdraw_excuse
from central.roster.models import Shift
from central.roster.shifts import correct

log = structlog.get_logger()


def find(number: int, outcome: Outcome, by: Person, text: str, now: datetime) -> Closing:
    """A person's finding: of a check in the dock, or of a contest. The same again is the same.

    Raises:
        Refused: he may not, or it has ended; nothing was written.
    """
    with transaction.atomic():
        answer = _the(number)
        kind, found = Kind(answer.kind), _found(answer)
        if outcome not in BY_PEOPLE.get(kind, ()):
            raise Refused(Refusal.NO_SUCH_OUTCOME)
        refuse_finding(by, said_of(answer), outcome)
        if found is not None and (found.outcome, found.closed_by) == (outcome, by.email):
            return found
        if answer.closings.exists():
            raise Refused(Refusal.CLOSED_ALREADY, state=FINDINGS[Outcome(answer.state)])
        text = _checked(text, needed=outcome in DECISIONS)
        reason = REASONS.get(outcome)
        excuse = None if reason is None else excused(answer.shift, reason, by.email, now)
        return close(answer, outcome, by.email, now, text=text, excuse=excuse)


def withdraw(number: int, by: Person, text: str, now: datetime) -> Closing:
    """Take an answer back, and what followed from it. Withdrawing twice is withdrawing once.

    Raises:
        Refused: he may not, or the roster says something else since; nothing was written.
    """
    with transaction.atomic():
        answer = _the(number)
        found = _found(answer)
        refuse_withdrawing(by, said_of(answer), None if found is None else Outcome(found.outcome))
        before = answer.closings.filter(outcome=Outcome.WITHDRAWN).first()
        if before is not None:
            return before
        text = _checked(text, needed=False)
        _take_correction_back(answer, by, now)
        for excuse in (answer.excuse_id, None if found is None else found.excuse_id):
            if excuse is not None:
                withdraw_excuse(excuse, by.email, now)
        return close(answer, Outcome.WITHDRAWN, by.email, now, text=text)


def close(answer: Answer, outcome: Outcome, by: str, now: datetime, text: str = "", excuse: object = None) -> Closing:
    """Write that it ended; in the caller's transaction."""
    closing = Closing(answer=answer, outcome=outcome, closed_by=by, closed_at=now, text=text, excuse=excuse)
    closing.save(force_insert=True)
    log.info("answer_closed", answer=answer.pk, kind=answer.kind, outcome=outcome.value, by=by)
    return closing


def said_of(answer: Answer) -> Said:
    """What rights depend on."""
    parties = answered_by(answer.shift_id) if answer.kind == Kind.CONTEST else frozenset()
    return Said(Kind(answer.kind), answer.officer_id, answer.said_by, answer.decider, parties)


def _the(number: int) -> Answer:
    answer = Answer.objects.select_related("shift").filter(pk=number).first()
    if answer is None:
        raise Refused(Refusal.NOT_SEEN)
    return answer


def _found(answer: Answer) -> Closing | None:
    return answer.closings.exclude(outcome=Outcome.WITHDRAWN).first()


def _checked(text: str, *, needed: bool) -> str:
    text = text.strip()
    if needed and not text:
        raise Refused(Refusal.NO_TEXT)
    if len(text) > MOST_TEXT:
        raise Refused(Refusal.TEXT_TOO_LONG, most=MOST_TEXT)
    return text


def _take_correction_back(answer: Answer, by: Person, now: datetime) -> None:
    shift = answer.shift
    if answer.kind == Kind.OTHER_CAMERA:
        _refuse_changed(shift, shift.camera_serial == answer.after)
        refuse_touching_own(by, shift, (answer.before, answer.after))
        correct(shift.pk, by.email, now, camera_serial=answer.before)
    elif answer.kind == Kind.SHIFT_END_WRONG:
        _refuse_changed(shift, rfc3339(shift.ends_at) == answer.after)
        instant, _, source = answer.before.partition(" ")
        correct(shift.pk, by.email, now, ends_at=datetime.fromisoformat(instant), end_source=source)


def _refuse_changed(shift: Shift, is_as_said: bool) -> None:
    if not is_as_said or shift.status in Shift.NOBODYS:
        raise Refused(Refusal.CHANGED_SINCE)
