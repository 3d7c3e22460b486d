"""Tells again, from its events alone, what an asset must have become: the evidence against which rows are held."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from agent.errors import IllegalMove
from agent.rules import changes as c
from agent.rules import custody
from agent.rules.footage import Asset, FileKind, Instant, Receipt, State
from protocol import events as e
from protocol.messages import ClockReading

PROVEN = (
    *("camera", "path", "size", "state", "sha256", "salvage", "on_card", "spooled", "session", "receipt"),
    *("recorded_at", "recorded_source", "staged_at", "verified_at", "erase_started_at", "erased_at"),
    *("upload_attempt", "mismatches", "reason", "returns_to"),
)
"""The fields of an asset that its events prove. Upload URL and offset are notes of this station, no evidence."""

PROVEN_IF_FOUND = ("kind", "flagged")
"""Proven too, unless the asset was taken over from a lost ledger, whose events are at central."""


class NoEvidence(Exception):
    """An event of this asset does not follow from those before it."""


def replayed(events: Iterable[e.Event], receipts: Mapping[UUID, Receipt]) -> Asset | None:
    """The asset after all its events, moved by the same table that moved it then.

    Raises:
        NoEvidence: an event that could not have happened, or that names a receipt which is not there.
    """
    asset: Asset | None = None
    for event in events:
        try:
            asset = _apply(asset, change_of(event, asset, receipts))
        except IllegalMove as error:
            raise NoEvidence(str(error)) from error
    return asset


def differences(row: Asset, told: Asset, *, recovered: bool) -> list[str]:
    """The names of the fields in which a row says something else than its events."""
    if told.state is State.UPLOADED and row.state is State.STAGED:
        told = _discarded(told)
    names = PROVEN if recovered else PROVEN + PROVEN_IF_FOUND
    differing = [name for name in names if getattr(row, name) != getattr(told, name)]
    # A discarded upload takes its uploaded_at away without an event.
    return differing + (["uploaded_at"] if row.uploaded_at not in (None, told.uploaded_at) else [])


def _discarded(told: Asset) -> Asset:
    return replace(told, state=State.STAGED, uploaded_at=None)


def _apply(asset: Asset | None, change: c.AssetChange) -> Asset:
    # Central forgot the upload in between (UploadDiscarded): state only, no event.
    was_discarded = isinstance(change, c.UploadIntended | c.AssetUploaded)
    if asset is not None and asset.state is State.UPLOADED and was_discarded:
        asset = _discarded(asset)
    return custody.apply(asset, change)


def change_of(event: e.Event, asset: Asset | None, receipts: Mapping[UUID, Receipt]) -> c.AssetChange:
    """The change that left this event.

    Raises:
        NoEvidence: the event is not one of an asset's life, or its receipt is missing.
    """
    at = _instant(event.at)
    change = _change_of_copy(event, at, asset) or _change_of_upload(event, at, receipts) or _change_of_end(event, at)
    if change is None:
        raise NoEvidence(f"{type(event).__name__} is no event of an asset")
    return change


def _change_of_copy(event: e.Event, at: Instant, asset: Asset | None) -> c.AssetChange | None:
    match event:
        case e.AssetFound():
            return c.AssetFound(
                at=at,
                asset_id=event.asset_id,
                session=event.session,
                camera=event.camera,
                bay="",
                path=b64decode(event.path_b64),
                size=event.size,
                mtime_ns=event.mtime_ns,
                kind=FileKind(event.kind),
                flagged=event.flagged,
                salvage=event.salvage,
                docked_at=at.wall,
            )
        case e.AssetSeenAgain():
            return c.AssetSeenAgain(
                at=at,
                asset_id=event.asset_id,
                session=event.session,
                sha256=event.sha256,
                size=asset.size if asset else 0,
                mtime_ns=asset.mtime_ns if asset else 0,
                docked_at=at.wall,
                bay="",
            )
        case e.AssetStaged():
            return _recovered(event, at) if event.recovered else _staged(event, at)
        case e.CopyReleased():
            return c.CopyReleased(at=at, asset_id=event.asset_id, reason=event.reason)
        case e.CopyLost():
            return c.CopyLost(at=at, asset_id=event.asset_id, reason=event.reason)
    return None


def _staged(event: e.AssetStaged, at: Instant) -> c.AssetStaged:
    return c.AssetStaged(
        at=at,
        asset_id=event.asset_id,
        sha256=event.sha256,
        size=event.size,
        recorded_at=event.recorded_at,
        recorded_source=event.recorded_source,
        recorded_until=event.recorded_until,
        salvage=event.salvage,
    )


def _recovered(event: e.AssetStaged, at: Instant) -> c.AssetRecovered:
    return c.AssetRecovered(
        at=at,
        asset_id=event.asset_id,
        camera=event.camera,
        path=b64decode(event.path_b64),
        size=event.size,
        mtime_ns=0,
        kind=FileKind.OTHER,
        flagged=False,
        sha256=event.sha256,
        salvage=event.salvage,
        recorded_at=event.recorded_at,
        recorded_source=event.recorded_source,
        recorded_until=event.recorded_until,
        docked_at=None,
        staged_at=event.staged_at,
    )


def _change_of_upload(event: e.Event, at: Instant, receipts: Mapping[UUID, Receipt]) -> c.AssetChange | None:
    match event:
        case e.UploadIntended():
            return c.UploadIntended(at=at, asset_id=event.asset_id, attempt=event.attempt)
        case e.AssetUploaded():
            return c.AssetUploaded(at=at, asset_id=event.asset_id)
        case e.UploadMismatched():
            return c.UploadMismatched(at=at, asset_id=event.asset_id, central_sha256=event.central_sha256)
        case e.AssetVerified():
            if event.receipt_id not in receipts:
                raise NoEvidence(f"receipt {event.receipt_id} is not in the ledger")
            return c.AssetVerified(at=at, asset_id=event.asset_id, receipt=receipts[event.receipt_id])
        case e.ReceiptRefused():
            return c.ReceiptRefused(at=at, asset_id=event.asset_id, reason=event.reason)
        case e.ReceiptVoided():
            return c.ReceiptVoided(at=at, asset_id=event.asset_id, store_epoch=event.store_epoch)
    return None


def _change_of_end(event: e.Event, at: Instant) -> c.AssetChange | None:
    match event:
        case e.EraseStarted():
            return c.EraseStarted(at=at, asset_id=event.asset_id, session=event.session)
        case e.AssetErased():
            return c.AssetErased(at=at, asset_id=event.asset_id, session=event.session)
        case e.EraseRefused():
            return c.EraseRefused(at=at, asset_id=event.asset_id, session=event.session, reason=event.reason)
        case e.AssetKept():
            return c.AssetKept(at=at, asset_id=event.asset_id, reason=event.reason)
        case e.AssetGone():
            return c.AssetGone(at=at, asset_id=event.asset_id, session=event.session)
        case e.AssetQuarantined():
            return c.AssetQuarantined(at=at, asset_id=event.asset_id, reason=event.reason, detail=event.detail)
        case e.AssetReturned():
            return c.AssetReturned(at=at, asset_id=event.asset_id)
        case e.AssetLost():
            return c.AssetLost(at=at, asset_id=event.asset_id, store_epoch=event.store_epoch)
    return None


def _instant(reading: ClockReading) -> Instant:
    return Instant(wall=reading.wall, monotonic_ns=reading.monotonic_ns, boot_id=reading.boot_id)
