"""Excuses: written by whoever takes people's answers, laid over verdicts by the rule."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from central.judging.due import look_again
from central.judging.models import Excuse
from central.roster.models import Shift
from central.timeliness import facts


def excuse_shift(shift_id: str, camera: str, reason: str, by: str, at: datetime) -> Excuse:
    """Excuse the duty that this shift belongs to."""
    return _say(Excuse(shift_id=shift_id, camera=camera, reason=reason, said_by=by, said_at=at))


def excuse_camera(
    camera: str, reason: str, by: str, at: datetime, *, since: datetime, until: datetime | None
) -> Excuse:
    """Excuse every duty with this camera whose deadline lies in the span; None: until further notice."""
    return _say(Excuse(camera=camera, reason=reason, since=since, until=until, said_by=by, said_at=at))


def end_excuse(number: int, until: datetime, at: datetime) -> bool:
    """Deadlines after `until` are not excused any more, those before stay so. False: it ended before, or was
    withdrawn."""
    with transaction.atomic():
        found = Excuse.objects.filter(pk=number, withdrawn_at=None).first()
        if found is None or (found.until is not None and found.until <= until):
            return False
        found.until = until
        found.save(update_fields=["until"])
        look_again(_cameras_of(found), "excuse", at)
        return True


def withdraw_excuse(number: int, by: str, at: datetime) -> bool:
    """False: it does not stand any more."""
    with transaction.atomic():
        found = Excuse.objects.filter(pk=number, withdrawn_at=None).first()
        if found is None:
            return False
        found.withdrawn_by, found.withdrawn_at = by, at
        found.save()
        look_again(_cameras_of(found), "excuse", at)
        return True


def excuses_of(cameras: Collection[str]) -> dict[str, list[facts.Excuse]]:
    """The excuses that stand, the oldest first: its reason is the one that is named. A shift's go with the shift,
    also to a camera that it was given since."""
    shifts = Shift.objects.filter(camera_serial__in=list(cameras))
    about = Q(shift_id="", camera__in=list(cameras)) | Q(shift_id__in=shifts.values("pk"))
    rows = list(Excuse.objects.filter(about, withdrawn_at=None).order_by("pk"))
    named = [one.shift_id for one in rows if one.shift_id]
    now_with = dict(Shift.objects.filter(pk__in=named).values_list("pk", "camera_serial")) if named else {}
    found: dict[str, list[facts.Excuse]] = {}
    for one in rows:
        camera = now_with[one.shift_id] if one.shift_id else one.camera
        said = facts.Excuse(one.reason, one.shift_id or None, one.since, one.until)
        found.setdefault(camera, []).append(said)
    return found


def _say(excuse: Excuse) -> Excuse:
    with transaction.atomic():
        excuse.save()
        look_again(_cameras_of(excuse), "excuse", excuse.said_at)
        return excuse


def _cameras_of(excuse: Excuse) -> list[str]:
    shift = Shift.objects.filter(pk=excuse.shift_id).values_list("camera_serial", flat=True)
    return [excuse.camera, *(shift if excuse.shift_id else ())]
