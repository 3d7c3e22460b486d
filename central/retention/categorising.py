"""A person says what footage is."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import transaction

from central.config import CentralConfig
from central.custody.models import Asset
from central.retention.categories import Minimum
from central.retention.facts import case_of
from central.retention.models import Categorisation
from central.retention.people import LONGEST
from central.retention.policy import minimums
from central.retention.reasons import Refusal, RetentionRefused
from central.retention.rights import Person, Step, refuse_categorising

log = structlog.get_logger()


def categorise(
    asset: Asset, after: str, by: Person, reason: str, config: CentralConfig, now: datetime
) -> Categorisation:
    """From now on it is this; what was said before stays.

    Raises:
        RetentionRefused: he may not, or it would say nothing.
    """
    known = minimums(config.retention)
    if after not in known:
        raise RetentionRefused(Refusal.NO_SUCH_CATEGORY, category=after, known=", ".join(sorted(known)))
    said = " ".join(reason.split())
    if len(said) > LONGEST["reason"]:
        raise RetentionRefused(Refusal.TOO_LONG, what="The reason", most=LONGEST["reason"])
    with transaction.atomic():
        case = case_of(asset, config, now)
        before: Minimum | None = case.facts.minimum
        refuse_categorising(by, Step(case.facts.category, after, before, known[after]))
        if case.facts.category == after and (before is None or before == known[after]):
            raise RetentionRefused(Refusal.SAME_CATEGORY, category=after)
        row = Categorisation.objects.create(
            asset=asset,
            before=case.facts.category,
            after=after,
            minimum_s=known[after].seconds,
            said_at=now,
            said_by=by.email,
            said_as=";".join(sorted(by.roles)),
            reason=said,
        )
    log.info("asset_categorised", asset=str(asset.pk), before=row.before, after=after, by=by.email)
    return row
