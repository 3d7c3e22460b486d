"""Takes a person's reason, and what another person decides about it: checked, written, append-only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction

from central.answers.rights import Person
from central.dispatches.exception_rights import (
    MOST_TEXT,
    NotTaken,
    Saying,
    refuse_deciding,
    refuse_saying,
    refuse_withdrawing,
)
from central.dispatches.models import DocumentedException, ExceptionDecision

log = structlog.get_logger()


def document(saying: Saying, token: UUID, reasons: Collection[str], now: datetime) -> DocumentedException:
    """Write it down. One token is one exception, however often it comes.

    Raises:
        NotTaken: he may not say this, or it cannot be; nothing was written.
    """
    refuse_saying(saying, frozenset(reasons))
    with transaction.atomic():
        before = DocumentedException.objects.filter(token=token).first()
        if before is not None:
            if (before.said_by, before.officer_id) != (saying.by.email, saying.officer_id):
                raise NotTaken("This form was sent already, by somebody else.")
            return before
        found = DocumentedException.objects.create(
            officer_id=saying.officer_id,
            dispatch_id=saying.dispatch_id,
            since=saying.since,
            until=saying.until,
            reason=saying.reason,
            note=saying.note.strip(),
            said_by=saying.by.email,
            said_as=" ".join(sorted(saying.by.roles))[:64],
            said_at=now,
            token=token,
        )
    log.info("exception_documented", number=found.pk, reason=found.reason, by=found.said_by)
    return found


def decide(number: int, outcome: str, by: Person, text: str, now: datetime, *, sees: bool) -> None:
    """Approve it, refuse it, or take it back. What was decided stays; a withdrawal may follow.

    Raises:
        NotTaken: he may not, or it was decided already; nothing was written.
    """
    found = DocumentedException.objects.filter(pk=number).first()
    if found is None:
        raise NotTaken("There is no such exception.", 404)
    if outcome == ExceptionDecision.WITHDRAWN:
        refuse_withdrawing(by, found.said_by)
    elif outcome in (ExceptionDecision.APPROVED, ExceptionDecision.REFUSED):
        refuse_deciding(by, found.officer_id, found.said_by, sees=sees)
    else:
        raise NotTaken("It can be approved, refused or withdrawn.", 400)
    if found.decisions.filter(outcome=ExceptionDecision.WITHDRAWN).exists():
        raise NotTaken("This exception was withdrawn already.")
    try:
        with transaction.atomic():
            ExceptionDecision.objects.create(
                exception=found, outcome=outcome, text=text.strip()[:MOST_TEXT], decided_by=by.email, decided_at=now
            )
    except IntegrityError:
        raise NotTaken("This exception was decided already.") from None
    log.info("exception_decided", number=number, outcome=outcome, by=by.email)
