"""What is said of a review: the finding, the officer's contest, the decision. Rights are those of answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from django.db import transaction

from central.answers.kinds import DECISIONS, Kind, Outcome
from central.answers.refusals import Refusal, Refused
from central.answers.rights import MAY_DECIDE, Person, Said, is_party, refuse_finding, refuse_saying
from central.reviews.models import Review, Word
from central.roster.models import Officer, Unit

log = structlog.get_logger()
MOST_TEXT = 2000


class Finding(StrEnum):
    """What a reviewer found."""

    NO_CONCERN = "no_concern"
    CONCERN = "concern"
    NOT_REVIEWABLE = "not_reviewable"


def say_finding(review: Review, finding: Finding, text: str, by: Person, now: datetime, *, sees: bool) -> Word:
    """A supervisor who sees the shift, or an administrator; never the officer himself.

    Raises:
        Refused: nothing was written.
    """
    if by.is_officer(review.officer_id):
        raise Refused(Refusal.OWN_SHIFT)
    if not sees:
        raise Refused(Refusal.NOT_SEEN)
    if not by.roles & MAY_DECIDE:
        raise Refused(Refusal.ROLE)
    return _keep(review, Word.FINDING, finding, text, by, now, needed=finding != Finding.NO_CONCERN)


def contest(review: Review, text: str, by: Person, now: datetime, due: timedelta, *, sees: bool) -> Word:
    """The officer, or a supervisor for him, says that a finding is wrong. Whom the unit escalates to decides, if he
    has no part in it; else an administrator.

    Raises:
        Refused: nothing was written.
    """
    refuse_saying(by, Kind.CONTEST, review.officer_id, sees=sees)
    finding = word_of(review, Word.FINDING)
    if finding is None or finding.outcome == Finding.NO_CONCERN:
        raise Refused(Refusal.NOTHING_TO_CONTEST)
    decider = _decider(review, by, finding)
    return _keep(review, Word.CONTEST, "", text, by, now, needed=True, decider=decider, due_at=now + due)


def decide(review: Review, outcome: Outcome, text: str, by: Person, now: datetime) -> Word:
    """Upheld: the finding does not stand. Rejected: it does.

    Raises:
        Refused: nothing was written.
    """
    said = word_of(review, Word.CONTEST)
    if said is None or outcome not in DECISIONS:
        raise Refused(Refusal.NO_SUCH_OUTCOME)
    refuse_finding(by, said_of(review, said), outcome)
    return _keep(review, Word.DECISION, outcome, text, by, now, needed=True)


def said_of(review: Review, contested: Word) -> Said:
    """The contest, as far as rights depend on it: the reviewer has a part in it."""
    finding = word_of(review, Word.FINDING)
    parties = frozenset() if finding is None else frozenset({finding.by})
    return Said(Kind.CONTEST, review.officer_id, contested.by, contested.decider, parties)


def word_of(review: Review, kind: str) -> Word | None:
    return next((one for one in review.words.all() if one.kind == kind), None)


def _decider(review: Review, by: Person, finding: Word) -> str:
    unit = Unit.objects.filter(pk=review.unit).first()
    named = "" if unit is None else unit.escalate_to_email.strip().lower()
    said = Said(Kind.CONTEST, review.officer_id, by.email, named, frozenset({finding.by}))
    is_his = Officer.objects.filter(pk=review.officer_id, email__iexact=named).exists()
    return "" if is_his or is_party(Person(named, frozenset()), said) else named


def _keep(
    review: Review, kind: str, outcome: str, text: str, by: Person, now: datetime, *, needed: bool, **more: object
) -> Word:
    """Once: the same again by the same person is the same."""
    text = text.strip()
    if needed and not text:
        raise Refused(Refusal.NO_TEXT)
    if len(text) > MOST_TEXT:
        raise Refused(Refusal.TEXT_TOO_LONG, most=MOST_TEXT)
    with transaction.atomic():
        before = Word.objects.filter(review=review, kind=kind).first()
        if before is not None:
            if (before.by, before.outcome, before.text) == (by.email, outcome, text):
                return before
            raise Refused(Refusal.CLOSED_ALREADY, state=before.outcome or before.kind)
        word = Word.objects.create(review=review, kind=kind, outcome=outcome, text=text, by=by.email, at=now, **more)
    log.info("review_word", review=review.pk, kind=kind, outcome=outcome, by=by.email)
    return word
