"""The store's epoch: raised after a restore of central, so that older receipts permit no erase."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from central.custody.models import StoreEpoch
from central.fleet.auditing import Change, keep_change, whoever_runs_this


def store_epoch() -> int:
    row = StoreEpoch.objects.first()
    return 1 if row is None else row.epoch


def raise_store_epoch(now: datetime) -> int:
    """A higher epoch, and higher than any that was ever given out.

    The epoch jumps to the seconds since 1970 and not by one: a database restored twice from the same copy
    would otherwise give out the same epoch twice, and receipts of the lost interval would count again.
    """
    with transaction.atomic():
        epoch = max(store_epoch() + 1, int(now.timestamp()))
        StoreEpoch.objects.update_or_create(pk=1, defaults={"epoch": epoch})
        keep_change(Change.EPOCH_RAISED, "central", by=whoever_runs_this(), now=now, epoch=epoch)
    return epoch
