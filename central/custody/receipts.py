"""Receipts: issued after the object was read back, kept verbatim, voided when it rots or the epoch is raised."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from central.custody.epochs import store_epoch
from central.custody.models import Asset, Receipt
from central.custody.object_store import ObjectStore
from central.custody.signing import ReceiptSigner
from protocol.messages import ReceiptContent, ReceiptStanding, SignedReceipt


def valid_receipt(asset: Asset) -> Receipt | None:
    """The asset's receipt of the present epoch whose object is not known to be rotten."""
    return (
        asset.receipts.filter(store_epoch=store_epoch(), voided_at=None, object__rotten_at=None)
        .order_by("-issued_at")
        .first()
    )


def issue_receipt(asset: Asset, signer: ReceiptSigner, now: datetime) -> Receipt:
    """A receipt for an asset whose stored object was read back just now and whose rows are committed."""
    with transaction.atomic():
        stored = asset.object
        assert stored is not None  # noqa: S101 - callers commit the object first
        known = valid_receipt(asset)
        if known is not None and known.object_id == stored.pk and known.key_id == signer.key_id:
            return known
        content = ReceiptContent(
            asset_id=asset.asset_id,
            station=asset.station_id,
            sha256=stored.sha256,
            size=stored.size,
            stored_at=stored.stored_at,
            store_epoch=store_epoch(),
            hold=False,
            receipt_id=uuid.uuid4(),
            key_id=signer.key_id,
        )
        text = msgspec.json.encode(content)
        return Receipt.objects.create(
            receipt_id=content.receipt_id,
            asset=asset,
            object=stored,
            store_epoch=content.store_epoch,
            content=text.decode(),
            signature=signer.sign(text),
            key_id=signer.key_id,
            issued_at=now,
        )


def standing_of(store: ObjectStore, station: str, asset_id: UUID, receipt_id: UUID) -> ReceiptStanding:
    """What the central that stands now can say of a receipt: it may have been restored from an older copy."""
    asset = Asset.objects.select_related("object").filter(pk=asset_id, station_id=station).first()
    stored = None if asset is None else asset.object
    if asset is None or stored is None or stored.rotten_at is not None or not store.holds(stored.sha256, stored.size):
        return ReceiptStanding(stands=False, held=False)
    given = asset.receipts.filter(pk=receipt_id, store_epoch=store_epoch(), voided_at=None, object=stored)
    return ReceiptStanding(stands=given.exists(), held=True)


def signed(receipt: Receipt) -> SignedReceipt:
    """The receipt as it travels."""
    return SignedReceipt(receipt=receipt.content, signature=receipt.signature, key_id=receipt.key_id)
