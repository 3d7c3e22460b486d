"""Asks central for the receipt of an uploaded asset. The only step that may make an asset VERIFIED."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agent.errors import ProtocolViolation, Refused, RetryLater
from agent.pipeline.copy_check import trouble_with_copy
from agent.ports import Central, Clock, Hashing, Ledger, Mismatch, ReceiptKeys, SignedStatement, Spool, UnknownAsset
from agent.rules import receipts
from agent.rules.changes import (
    AssetChange,
    AssetQuarantined,
    AssetVerified,
    CopyLost,
    ReceiptRefused,
    UploadDiscarded,
    UploadMismatched,
)
from agent.rules.custody import MISMATCHES_BEFORE_QUARANTINE
from agent.rules.footage import Asset

NOT_ALL_BYTES = frozenset({"no_upload", "upload_incomplete"})
"""Codes with which central says that the upload we took for complete is not."""


class VerifyEnd(StrEnum):
    """Every way in which one question for a receipt can end without an error."""

    VERIFIED = "verified"
    HASHING = "hashing"
    """Central is still reading back what it stored: come back in `wait_s`."""
    RECEIPT_REFUSED = "receipt_refused"
    """What came is no receipt for these bytes. Nothing was believed."""
    MISMATCHED = "mismatched"
    """Central holds other bytes; ours are sound and are sent again."""
    QUARANTINED = "quarantined"
    COPY_GIVEN_UP = "copy_given_up"
    """Central holds other bytes because the spool's copy is no longer what was staged."""
    STARTS_ANEW = "starts_anew"
    """Central has no bytes of this asset, or not all of them."""


@dataclass(frozen=True, slots=True)
class VerifyOutcome:
    end: VerifyEnd
    wait_s: float = 0.0
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VerifyDoors:
    """What a verification needs of the world."""

    ledger: Ledger
    central: Central
    keys: ReceiptKeys
    spool: Spool
    clock: Clock
    station: str


def verify_asset(asset: Asset, doors: VerifyDoors, refused_before: str = "") -> VerifyOutcome:
    """Ask once, and act on the answer. `asset` is UPLOADED and fresh from the ledger.

    `refused_before` is the reason for which the last receipt was refused: the same one is not recorded twice.

    Raises:
        RetryLater: ask again; nothing changed.
        AuthRefused, ProtocolViolation, Refused: nothing changed.
    """
    try:
        answer = doors.central.verify(asset.asset_id, asset.sha256 or "", asset.size)
    except Refused as refusal:
        if refusal.code not in NOT_ALL_BYTES:
            raise
        return _send_again(asset, doors, refusal.code)
    match answer:
        case Hashing(retry_after_s=wait_s):
            return VerifyOutcome(VerifyEnd.HASHING, wait_s)
        case SignedStatement():
            return _receipt(asset, answer, doors, refused_before)
        case Mismatch():
            return _mismatch(asset, answer, doors)
        case UnknownAsset():
            return _send_again(asset, doors, "unknown_asset")


def _send_again(asset: Asset, doors: VerifyDoors, reason: str) -> VerifyOutcome:
    """The next attempt begins from the first byte, unless central holds the whole file already."""
    doors.ledger.commit(UploadDiscarded(at=doors.clock.now(), asset_id=asset.asset_id))
    return VerifyOutcome(VerifyEnd.STARTS_ANEW, reason=reason)


def _receipt(asset: Asset, statement: SignedStatement, doors: VerifyDoors, refused_before: str) -> VerifyOutcome:
    fields, reason = _examine(asset, statement, doors)
    at = doors.clock.now()
    if fields is not None and reason is None:
        receipt = receipts.kept(fields, statement.content, statement.signature)
        doors.ledger.commit(AssetVerified(at=at, asset_id=asset.asset_id, receipt=receipt))
        return VerifyOutcome(VerifyEnd.VERIFIED)
    if reason != refused_before:
        doors.ledger.commit(ReceiptRefused(at=at, asset_id=asset.asset_id, reason=reason or ""))
    return VerifyOutcome(VerifyEnd.RECEIPT_REFUSED, reason=reason or "")


def _examine(
    asset: Asset, statement: SignedStatement, doors: VerifyDoors
) -> tuple[receipts.ReceiptFields | None, str | None]:
    """The receipt's fields, and why it is refused (None: it is good)."""
    if not doors.keys.is_signed(statement):
        return None, "bad_signature"
    try:
        fields = receipts.read_receipt(statement.content)
    except ValueError:
        return None, "unreadable"
    epoch = _epoch(doors.ledger)
    if fields.store_epoch > epoch:
        # Signed, so true: central's store was restored and this station has not heard of it yet.
        raise RetryLater("Central's store epoch is newer than this station knows.", code="epoch_unknown")
    return fields, receipts.check(fields, asset, doors.station, epoch, statement.key_id)


def _epoch(ledger: Ledger) -> int:
    note = ledger.note("store_epoch")
    if note is None:
        raise RetryLater("Central has not yet told its store epoch.", code="epoch_unknown")
    return int(note)


def _mismatch(asset: Asset, answer: Mismatch, doors: VerifyDoors) -> VerifyOutcome:
    if (answer.sha256, answer.size) == (asset.sha256, asset.size):
        raise ProtocolViolation("Central calls equal bytes different.", hint="Nothing was changed.")
    # Before anyone is asked to send the same bytes again: are they still the ones that were staged?
    trouble = trouble_with_copy(doors.spool, asset)
    at, asset_id = doors.clock.now(), asset.asset_id
    changes: list[AssetChange] = [UploadMismatched(at=at, asset_id=asset_id, central_sha256=answer.sha256)]
    if trouble is not None and asset.on_card:
        changes.append(CopyLost(at=at, asset_id=asset_id, reason=trouble))
        outcome = VerifyOutcome(VerifyEnd.COPY_GIVEN_UP, reason=trouble)
    elif trouble is not None or asset.mismatches + 1 >= MISMATCHES_BEFORE_QUARANTINE:
        reason = trouble or "digest_mismatch"
        changes.append(AssetQuarantined(at=at, asset_id=asset_id, reason=reason))
        outcome = VerifyOutcome(VerifyEnd.QUARANTINED, reason=reason)
    else:
        outcome = VerifyOutcome(VerifyEnd.MISMATCHED, reason="digest_mismatch")
    doors.ledger.commit(*changes)
    return outcome
