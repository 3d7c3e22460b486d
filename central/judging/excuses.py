"""Excuses: written by whoever takes people's answers, laid over verdicts by the rule."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from central.judging.due import look_again
from central.judging.models import Excuse
from central.timeliness import facts


def excuse_shift(shift_id: str, camera: str, reason: str, by: str, at: datetime) -> Excuse:
    """Excuse the duty that this shift belongs to."""
    return _say(Excuse(shift_id=shift_id, camera=camera, reason=reason, said_by=by, said_at=at))


def excuse_camera(
    camera: str, reason: str, by: str, at: datetime, *, since: datetime, until: datetime | None
) -> Excuse:
    """Excuse every duty with this camera whose deadline lies in the span; None: until further notice."""
    return _say(Excuse(camera=camera, reason=reason, since=since, until=until, said_by=by, said_at=at))


def withdraw_excuse(number: int, by: str, at: datetime) -> bool:
    """False: it does not stand any more."""
    with transaction.atomic():
        found = Excuse.objects.filter(pk=number, withdrawn_at=None).first()
        if found is None:
            return False
        found.withdrawn_by, found.withdrawn_at = by, at
        found.save()
        look_again([found.camera], "excuse", at)
        return True


def excuses_for(camera: str) -> tuple[facts.Excuse, ...]:
    """The excuses that stand, the oldest first: its reason is the one that is named."""
    rows = Excuse.objects.filter(camera=camera, withdrawn_at=None).order_by("pk")
    return tuple(facts.Excuse(one.reason, one.shift_id or None, one.since, one.until) for one in rows)


def _say(excuse: Excuse) -> Excuse:
    with transaction.atomic():
        excuse.save()
        look_again([excuse.camera], "excuse", excuse.said_at)
        return excuse
