"""Puts an asset into the bin, and brings it back. Its bytes stay where they are: the bin is rows."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from central.config import CentralConfig
from central.custody.models import Asset
from central.retention.facts import Case, case_of
from central.retention.models import BinEnd, Binned
from central.retention.people import checked_reason, person_named
from central.retention.reasons import SENTENCES, Kept, Refusal, RetentionRefused
from central.retention.rights import refuse_deleting

log = structlog.get_logger()


def refuse_kept(case: Case) -> None:
    """Raises `RetentionRefused` with every reason for which it is kept."""
    if not case.decision.may_go:
        why = "; ".join(f"{SENTENCES[one]} ({one})" for one in case.decision.kept)
        raise RetentionRefused(Refusal.KEPT, asset=case.asset.pk, why=why or "nobody can say until when")


def put_into_bin(asset: Asset, email: str, reason: str, config: CentralConfig, now: datetime) -> Binned:
    """A person's deliberate act. What lies there already is there once.

    Raises:
        RetentionRefused: he may not, or it is kept.
    """
    said = checked_reason(reason)
    with transaction.atomic():
        case = case_of(asset, config, now)
        by = person_named(email, case.shifts)
        refuse_deleting(by)
        if case.binned is not None:
            return case.binned
        refuse_kept(case)
        row = Binned.objects.create(asset=asset, binned_at=now, binned_by=by.email, reason=said)
    log.info("asset_binned", asset=str(asset.pk), by=by.email, category=case.facts.category)
    return row


def restore(asset: Asset, email: str, reason: str, config: CentralConfig, now: datetime) -> BinEnd:
    """Out of the bin again, as if it had never been there; both rows stay.

    Raises:
        RetentionRefused: he may not, or it is not in the bin.
    """
    with transaction.atomic():
        case = case_of(asset, config, now)
        by = person_named(email, case.shifts)
        refuse_deleting(by)
        if Kept.DELETED in case.decision.kept or case.binned is None:
            raise RetentionRefused(Refusal.NOT_IN_BIN)
        said = " ".join(reason.split())[:1000]
        end = BinEnd.objects.create(
            binned=case.binned, outcome=BinEnd.RESTORED, ended_at=now, ended_by=by.email, reason=said
        )
    log.info("asset_restored", asset=str(asset.pk), by=by.email)
    return end
