"""Questions that receipts and stations depend on: is this asset on hold, did a person delete its bytes?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from central.custody.keeping_models import ComeBack, Hold, Tombstone

log = structlog.get_logger()


def is_held(asset_id: UUID) -> bool:
    """Some hold on it was not released."""
    return Hold.objects.filter(asset=asset_id, release=None).exists()


def is_deleted(asset_id: UUID) -> bool:
    """A person deleted it, and its bytes did not come back since."""
    return Tombstone.objects.filter(asset=asset_id, comeback=None).exists()


def note_come_back(asset_id: UUID, sha256: str, now: datetime) -> None:
    """Its bytes were stored anew: call it in the transaction that says so. Footage is never refused, and what was
    deleted never returns without a word."""
    for tombstone in Tombstone.objects.filter(asset=asset_id, comeback=None):
        ComeBack.objects.create(tombstone=tombstone, at=now)
        log.error("deleted_came_back", asset=str(asset_id), sha256=sha256, tombstone=tombstone.pk)
    other = Tombstone.objects.filter(sha256=sha256).exclude(asset=asset_id).first()
    if other is not None:
        log.warning("deleted_bytes_are_another_asset", asset=str(asset_id), sha256=sha256, tombstone=other.pk)
