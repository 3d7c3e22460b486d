"""The check that a receipt stands on: read back what is stored, hash it, keep it, and only then sign."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from central.custody.assets import save_asset
from central.custody.models import Asset, Receipt, StoredObject, Upload
from central.custody.object_store import EMPTY_SHA256, Digest, ObjectStore, read_back
from central.custody.receipts import issue_receipt
from central.custody.receiving import open_part
from central.custody.signing import ReceiptSigner
from central.custody.turns import Turns
from central.custody.withheld import is_deleted, note_come_back

log = structlog.get_logger()


@dataclass(frozen=True)
class Verified:
    """Central holds exactly the claimed bytes and has signed for them."""

    receipt: Receipt


@dataclass(frozen=True)
class Mismatched:
    """Central holds other bytes than claimed. A new upload is needed."""

    found: Digest


@dataclass(frozen=True)
class Incomplete:
    """Bytes are missing: the upload goes on at `offset`, or there is none (`offset` None)."""

    offset: int | None


Outcome = Verified | Mismatched | Incomplete


class UploadReplaced(Exception):
    """A later attempt ended the upload while its bytes were hashed. Nothing was changed."""


@dataclass(frozen=True)
class Workplace:
    """What a verification works with."""

    store: ObjectStore
    turns: Turns
    signer: ReceiptSigner
    now: Callable[[], datetime]


def verify_asset(
    place: Workplace, asset_id: UUID, claim: Digest, progress: Callable[[int], None] = lambda _: None
) -> Outcome:
    """Read back this asset's bytes and give a receipt for them, or say what is there instead.

    May be run again after any interruption: every step leaves either a part or an object that is complete.

    Raises:
        OSError: the disk could not be read. Nothing was changed.
        UploadBusy: a body is being written to the upload right now.
        UploadReplaced: a later attempt has begun meanwhile; asking again asks about that one.
    """
    asset = Asset.objects.get(pk=asset_id)
    upload = asset.uploads.exclude(state=Upload.DEAD).first()
    if upload is None:
        return _refused_before(asset)
    if upload.state == Upload.STORED:
        outcome = _recheck_stored(place, asset, upload, claim, progress)
    else:
        with place.turns.take(upload.pk):
            outcome = _check_part(place, asset, upload, claim, progress)
    if outcome is not None:
        return outcome
    asset.refresh_from_db()
    return Verified(issue_receipt(asset, place.signer, place.now()))


def _refused_before(asset: Asset) -> Outcome:
    """The same answer again, should the first one have been lost on the way."""
    refused = asset.uploads.filter(state=Upload.DEAD).order_by("-created_at").first()
    if refused is None or refused.central_size is None:
        return Incomplete(None)
    return Mismatched(Digest(refused.central_sha256, refused.central_size))


def _check_part(
    place: Workplace, asset: Asset, upload: Upload, claim: Digest, progress: Callable[[int], None]
) -> Outcome | None:
    with open_part(place.store, upload.pk, place.now) as part:
        if part.committed < upload.length:
            return Incomplete(part.committed)
        found = read_back(place.store.part(upload.pk), progress)
        if found != claim:
            _refuse(asset.pk, upload, found)
            place.store.set_part_aside(upload.pk)
            log.error("upload_mismatched", asset=str(asset.pk), claimed=claim.sha256, found=found.sha256)
            return Mismatched(found)
        if place.store.place(upload.pk, found, place.now()):
            log.error("rotten_object_replaced", sha256=found.sha256, asset=str(asset.pk))
        _commit_stored(place.store, asset.pk, upload, found, place.now())
        place.store.seal(found.sha256)
        place.store.drop_part(upload.pk)
    return None


def _recheck_stored(
    place: Workplace, asset: Asset, upload: Upload, claim: Digest, progress: Callable[[int], None]
) -> Outcome | None:
    stored = asset.object
    assert stored is not None  # noqa: S101 - an upload is stored together with its object
    if is_deleted(asset.pk):
        # Whoever still has the bytes sends them: they are kept again, and their coming back is a row.
        _refuse(asset.pk, upload, None)
        return Incomplete(None)
    wanted = Digest(stored.sha256, stored.size)
    is_there = True
    try:
        found = read_back(place.store.object(stored.sha256), progress)
    except FileNotFoundError:
        found, is_there = Digest(EMPTY_SHA256, 0), False
    now = place.now()
    if (found != wanted or not is_there) and place.store.condemn(wanted, now):
        # Of an empty file that is missing nobody can say that other bytes are there.
        other = None if found == wanted else found
        with transaction.atomic():
            StoredObject.objects.filter(pk=stored.pk).update(rotten_at=now)
            _refuse(asset.pk, upload, other)
            for sharer in Asset.objects.filter(object=stored):
                save_asset(sharer)
        log.error("object_rotten", sha256=stored.sha256, found=found.sha256, asset=str(asset.pk))
        return Incomplete(None) if other is None else Mismatched(other)
    StoredObject.objects.filter(pk=stored.pk).update(verified_at=now, rotten_at=None)
    if found == wanted:
        # A process that was killed right after its commit left these two undone.
        place.store.seal(stored.sha256)
        place.store.drop_part(upload.pk)
    found = wanted
    # A wrong claim about good bytes changes nothing: they were receipted once and stay.
    return None if claim == wanted else Mismatched(found)


def _refuse(asset_id: UUID, upload: Upload, found: Digest | None) -> None:
    """End this upload, so that the next one of the same asset begins anew. `found` None: nothing is there at all."""
    what = {} if found is None else {"central_sha256": found.sha256, "central_size": found.size}
    with transaction.atomic():
        _move(upload, state=Upload.DEAD, **what)
        asset = Asset.objects.get(pk=asset_id)
        asset.uploaded_at, asset.uploaded_source = None, ""
        save_asset(asset)


def _move(upload: Upload, **columns: object) -> None:
    """Change the upload's row if it still is as it was when the hashing began."""
    if Upload.objects.filter(pk=upload.pk, state=upload.state).update(**columns) != 1:
        raise UploadReplaced


def _commit_stored(store: ObjectStore, asset_id: UUID, upload: Upload, found: Digest, now: datetime) -> None:
    with transaction.atomic():
        _move(upload, state=Upload.STORED, touched_at=now)
        if not store.holds(found.sha256, found.size):
            # A person emptied the bin of these very bytes between `place` and here. The part has them: once more.
            raise UploadReplaced
        stored, made = StoredObject.objects.get_or_create(
            sha256=found.sha256, defaults={"size": found.size, "stored_at": now, "verified_at": now}
        )
        was_rotten = stored.rotten_at is not None
        if not made:
            stored.verified_at, stored.rotten_at = now, None
            stored.deleted_at, stored.unlinked_at = None, None
            stored.save()
        note_come_back(asset_id, found.sha256, now)
        asset = Asset.objects.get(pk=asset_id)
        asset.object, asset.sha256, asset.size = stored, found.sha256, found.size
        asset.verified_at, asset.verified_source = now, "central"
        save_asset(asset)
        # Only then do their marks change. There may be very many: of the empty file, for example.
        for sharer in Asset.objects.filter(object=stored).exclude(pk=asset_id) if was_rotten else ():
            save_asset(sharer)
