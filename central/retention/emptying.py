"""Empties the bin: the only place in central that deletes footage. Only a person's command comes here.

First one transaction: tombstone, end of the bin's row, and the object marked deleted if nobody else has it. Then
another: with the database locked for writers, look again, and unlink. A crash in between leaves a marked object whose
file is still there; the next run unlinks it. No upload can bring the bytes back in between: storing them is a
transaction too, and looks whether the file is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from central.config import CentralConfig
from central.custody.models import Asset, StoredObject, Tombstone
from central.custody.object_store import ObjectStore
from central.data_dir import sync_folder
from central.retention.binning import refuse_kept
from central.retention.facts import Case, case_of
from central.retention.models import BinEnd, Binned
from central.retention.people import person_named
from central.retention.reasons import RetentionRefused
from central.retention.rights import refuse_deleting

log = structlog.get_logger()


@dataclass(frozen=True)
class Emptied:
    """What became of one row of the bin. `refused`: why it stays there."""

    asset: Asset
    tombstone: Tombstone | None = None
    refused: str = ""


def due(config: CentralConfig, now: datetime) -> Iterator[Binned]:
    """Every row that has lain in the bin for `[retention] bin`, oldest first."""
    rows = Binned.objects.select_related("asset").filter(end=None, binned_at__lte=now - config.retention.bin)
    yield from list(rows.order_by("number"))


def empty_bin(store: ObjectStore, email: str, config: CentralConfig, now: datetime) -> Iterator[Emptied]:
    """Delete what lay in the bin long enough and may still go; what may not stays there, with its reasons.

    Raises:
        RetentionRefused: this person may empty nothing.
    """
    refuse_deleting(person_named(email, ()))
    unlink_what_is_marked(store, now)
    for row in due(config, now):
        try:
            tombstone = bury(row, email, config, now)
        except RetentionRefused as refused:
            yield Emptied(row.asset, refused=str(refused))
            continue
        unlink_what_is_marked(store, now)
        yield Emptied(row.asset, tombstone)


def bury(row: Binned, email: str, config: CentralConfig, now: datetime) -> Tombstone:
    """Everything is asked again, and written in one transaction. No byte is touched.

    Raises:
        RetentionRefused: it may not go (any more); it stays in the bin.
    """
    with transaction.atomic():
        case = case_of(row.asset, config, now)
        by = person_named(email, case.shifts)
        refuse_deleting(by)
        refuse_kept(case)
        shared = _is_shared(case.asset)
        tombstone = _tombstone(case, row, by.email, now, shared=shared)
        BinEnd.objects.create(binned=row, outcome=BinEnd.EMPTIED, ended_at=now, ended_by=by.email)
        if not shared:
            StoredObject.objects.filter(pk=case.asset.object_id).update(deleted_at=now, unlinked_at=None)
    log.warning("asset_deleted", asset=str(row.asset_id), sha256=tombstone.sha256, by=by.email)
    return tombstone


def unlink_what_is_marked(store: ObjectStore, now: datetime) -> int:
    """Unlink the file of every object that is marked deleted and that nobody has; how many were."""
    count = 0
    for sha256 in StoredObject.objects.exclude(deleted_at=None).filter(unlinked_at=None).values_list("pk", flat=True):
        count += _unlink(store, sha256, now)
    return count


def _unlink(store: ObjectStore, sha256: str, now: datetime) -> int:
    """In a transaction that has the database to itself: no upload is stored and no receipt is given meanwhile."""
    with transaction.atomic():
        marked = StoredObject.objects.filter(pk=sha256, unlinked_at=None).exclude(deleted_at=None)
        if not marked.update(unlinked_at=now):
            return 0
        if any(not _is_buried(one) for one in Asset.objects.filter(object=sha256)):
            raise RuntimeError(f"object {sha256} is marked deleted, and an asset has it; nothing was unlinked")
        path = store.object(sha256)
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    log.warning("object_unlinked", sha256=sha256)
    return 1


def _is_shared(asset: Asset) -> bool:
    """Another asset has these bytes, be it in the bin."""
    others = Asset.objects.filter(object=asset.object_id).exclude(pk=asset.pk)
    return any(not _is_buried(one) for one in others)


def _is_buried(asset: Asset) -> bool:
    return Tombstone.objects.filter(asset=asset, comeback=None).exists()


def _tombstone(case: Case, row: Binned, by: str, now: datetime, *, shared: bool) -> Tombstone:
    facts, decision, stored = case.facts, case.decision, case.asset.object
    minimum = None if facts.minimum is None else facts.minimum.seconds
    if stored is None or minimum is None or facts.arrived_at is None:
        raise RuntimeError(f"asset {case.asset.pk} may go, and nobody can say why; nothing was deleted")
    return Tombstone.objects.create(
        asset=case.asset,
        sha256=stored.sha256,
        size=stored.size,
        deleted_at=now,
        deleted_by=by,
        binned_at=row.binned_at,
        binned_by=row.binned_by,
        reason=row.reason,
        category=facts.category,
        minimum_s=minimum,
        recorded_until=facts.recorded_until,
        arrived_at=facts.arrived_at,
        begins_at=decision.begins_at,
        kept_until=decision.kept_until,
        shared=shared,
    )
