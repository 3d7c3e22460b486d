"""Places and releases holds. A hold wins over everything, and travels in receipts: see `custody.receipts`."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from central.custody.models import Asset, Hold, HoldRelease
from central.custody.withheld import is_deleted
from central.retention.people import checked_number, checked_reason
from central.retention.reasons import Refusal, RetentionRefused
from central.retention.rights import Person, refuse_holding, refuse_releasing

log = structlog.get_logger()


def place_hold(asset: Asset, by: Person, request_number: str, reason: str, now: datetime) -> Hold:
    """From the commit on nobody deletes it here, and its station, which asks before every unlink, keeps it. The same
    request places one hold, however often it is said.

    Raises:
        RetentionRefused: he may not, it lacks a number or a reason, or its bytes are gone.
    """
    refuse_holding(by)
    number, said = checked_number(request_number), checked_reason(reason)
    with transaction.atomic():
        if is_deleted(asset.pk):
            raise RetentionRefused(Refusal.DELETED_ALREADY)
        before = Hold.objects.filter(asset=asset, request_number=number, release=None).first()
        if before is not None:
            return before
        hold = Hold.objects.create(asset=asset, placed_at=now, placed_by=by.email, request_number=number, reason=said)
    log.info("hold_placed", hold=hold.pk, asset=str(asset.pk), request_number=number, by=by.email)
    return hold


def the_hold(number: int) -> Hold:
    """Raises `RetentionRefused` when there is none of this number."""
    hold = Hold.objects.select_related("asset").filter(pk=number).first()
    if hold is None:
        raise RetentionRefused(Refusal.NO_SUCH_HOLD, number=number)
    return hold


def release_hold(hold: Hold, by: Person, reason: str, now: datetime) -> HoldRelease:
    """This hold is over; others of the same asset go on.

    Raises:
        RetentionRefused: he may not, or it is over already.
    """
    refuse_releasing(by)
    said = checked_reason(reason)
    with transaction.atomic():
        if HoldRelease.objects.filter(hold=hold).exists():
            raise RetentionRefused(Refusal.RELEASED_ALREADY, number=hold.pk)
        release = HoldRelease.objects.create(hold=hold, released_at=now, released_by=by.email, reason=said)
    log.info("hold_released", hold=hold.pk, asset=str(hold.asset_id), by=by.email)
    return release
