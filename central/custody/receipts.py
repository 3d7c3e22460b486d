"""Receipts: issued after the object was read back, kept verbatim, voided when it rots or the epoch is raised."""

from __future__ import annotations

import uuid
from datetime import datetime
from uuid import UUID

import msgspec
from django.db import transaction

from central.custody.epochs import store_epoch
from central.custody.models import Asset, Receipt, StoredObject
from central.custody.object_store import ObjectStore
from central.custody.signing import ReceiptSigner
from central.custody.withheld import is_deleted, is_held
from protocol.messages import ReceiptContent, ReceiptStanding, SignedReceipt


class DeletedMeanwhile(Exception):
    """A person deleted the bytes while they were read back. No receipt was given; asking again says what to do."""


def valid_receipt(asset: Asset) -> Receipt | None:
    """The asset's receipt of the present epoch whose object is not known to be rotten, and which says of a hold what
    holds now."""
    if is_deleted(asset.pk):
        return None
    good = asset.receipts.filter(store_epoch=store_epoch(), voided_at=None, object__rotten_at=None)
    return good.filter(object__deleted_at=None, hold=is_held(asset.pk)).order_by("-issued_at").first()


def issue_receipt(asset: Asset, signer: ReceiptSigner, now: datetime) -> Receipt:
    """A receipt for an asset whose stored object was read back just now and whose rows are committed.

    Raises:
        DeletedMeanwhile: a person deleted them since.
    """
    with transaction.atomic():
        stored = StoredObject.objects.get(pk=asset.object_id)  # callers commit the object first
        if stored.deleted_at is not None or is_deleted(asset.pk):
            raise DeletedMeanwhile
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
            hold=is_held(asset.pk),
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
            hold=content.hold,
        )


def standing_of(store: ObjectStore, station: str, asset_id: UUID, receipt_id: UUID) -> ReceiptStanding:
    """What the central that stands now can say of a receipt: it may have been restored from an older copy.

    While the file may be on its camera, a receipt that says another thing of a hold than holds now does not stand:
    its station keeps the file and asks for a new one. Bytes that a person deleted are answered for, so nobody calls
    them lost; no receipt for them permits an erase.
    """
    asset = Asset.objects.select_related("object").filter(pk=asset_id, station_id=station).first()
    if asset is not None and is_deleted(asset.pk):
        return ReceiptStanding(stands=False, held=True)
    stored = None if asset is None else asset.object
    if asset is None or stored is None or stored.rotten_at is not None or not store.holds(stored.sha256, stored.size):
        return ReceiptStanding(stands=False, held=False)
    given = asset.receipts.filter(pk=receipt_id, store_epoch=store_epoch(), voided_at=None, object=stored)
    if asset.erased_at is None and asset.gone_at is None:
        given = given.filter(hold=is_held(asset.pk))
    return ReceiptStanding(stands=given.exists(), held=True)


def signed(receipt: Receipt) -> SignedReceipt:
    """The receipt as it travels."""
    return SignedReceipt(receipt=receipt.content, signature=receipt.signature, key_id=receipt.key_id)
