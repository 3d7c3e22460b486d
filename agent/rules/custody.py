"""The life of an asset as a table, and the one function that moves it.

    FOUND ──► STAGED ──► UPLOADED ──► VERIFIED ──► ERASED | KEPT | GONE
      └──────────┴───────────┴──► QUARANTINED(reason) ──retry──► where it was

ERASED is reachable only from VERIFIED. There is no other arrow into it, no flag, no override.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar, cast

from agent.errors import IllegalMove
from agent.rules import changes as c
from agent.rules.footage import Asset, State

MISMATCHES_BEFORE_QUARANTINE = 3
"""Uploads whose digest central could not confirm before a person is asked."""

LOST_AT_CENTRAL = "lost_at_central"
"""Why an asset is quarantined whose bytes a restore of central has lost."""

S = State
_STAYS = None

MOVES: dict[type[c.AssetChange], dict[State, State | None]] = {
    # change: {state before: state after}; None after means "stays where it is"
    c.AssetFound: {S.FOUND: _STAYS},
    c.AssetStaged: {S.FOUND: S.STAGED},
    c.UploadIntended: {S.STAGED: _STAYS, S.FOUND: _STAYS},  # FOUND: it follows the copy under way
    c.UploadOpened: {S.STAGED: _STAYS},
    c.UploadAdvanced: {S.STAGED: _STAYS},
    c.UploadDiscarded: {S.STAGED: _STAYS, S.UPLOADED: S.STAGED},
    c.CopyLost: {S.STAGED: S.FOUND, S.UPLOADED: S.FOUND},
    c.AssetUploaded: {S.STAGED: S.UPLOADED},
    c.UploadMismatched: {S.UPLOADED: S.STAGED},
    c.ReceiptRefused: {S.UPLOADED: _STAYS},
    c.AssetVerified: {S.UPLOADED: S.VERIFIED},
    c.ReceiptVoided: {S.VERIFIED: S.STAGED, S.ERASED: S.STAGED, S.KEPT: S.STAGED, S.GONE: S.STAGED},
    c.EraseStarted: {S.VERIFIED: _STAYS},
    c.EraseRefused: {S.VERIFIED: _STAYS},
    c.AssetErased: {S.VERIFIED: S.ERASED},
    c.AssetKept: {S.VERIFIED: S.KEPT, S.KEPT: _STAYS},
    c.AssetGone: {
        S.FOUND: S.GONE,
        S.STAGED: _STAYS,  # the spool holds it: it goes on to its receipt
        S.UPLOADED: _STAYS,
        S.VERIFIED: S.GONE,
        S.KEPT: S.GONE,
        S.QUARANTINED: _STAYS,
    },
    c.AssetSeenAgain: {
        S.STAGED: _STAYS,
        S.UPLOADED: _STAYS,
        S.VERIFIED: _STAYS,
        S.QUARANTINED: _STAYS,
        S.ERASED: S.VERIFIED,  # the same bytes are back on the card; their receipt still stands
        S.KEPT: S.VERIFIED,  # profile and policy are asked again
        S.GONE: S.VERIFIED,
    },
    c.AssetQuarantined: {S.FOUND: S.QUARANTINED, S.STAGED: S.QUARANTINED, S.UPLOADED: S.QUARANTINED},
    c.AssetLost: {S.VERIFIED: S.QUARANTINED, S.ERASED: S.QUARANTINED, S.GONE: S.QUARANTINED},
    c.AssetReturned: {S.QUARANTINED: _STAYS},  # the state it returns to is the asset's own memory
    c.CopyReleased: {S.VERIFIED: _STAYS, S.ERASED: _STAYS, S.KEPT: _STAYS, S.GONE: _STAYS},
}


def born(change: c.AssetFound | c.AssetRecovered) -> Asset:
    """The asset that a first sighting, or a copy taken over from a lost ledger, brings to life."""
    if isinstance(change, c.AssetRecovered):
        return Asset(
            asset_id=change.asset_id,
            camera=change.camera,
            session=None,
            path=change.path,
            size=change.size,
            mtime_ns=change.mtime_ns,
            kind=change.kind,
            state=S.STAGED,
            found_at=change.at.wall,
            flagged=change.flagged,
            salvage=change.salvage,
            on_card=False,
            sha256=change.sha256,
            spooled=True,
            recorded_at=change.recorded_at,
            recorded_source=change.recorded_source,
            docked_at=change.docked_at,
            staged_at=change.staged_at,
        )
    return Asset(
        asset_id=change.asset_id,
        camera=change.camera,
        session=change.session,
        path=change.path,
        size=change.size,
        mtime_ns=change.mtime_ns,
        kind=change.kind,
        state=S.FOUND,
        found_at=change.at.wall,
        bay=change.bay,
        flagged=change.flagged,
        salvage=change.salvage,
        docked_at=change.docked_at,
    )


def apply(asset: Asset | None, change: c.AssetChange) -> Asset:
    """The asset after `change`.

    Raises:
        IllegalMove: the table has no such move, or the change brings no evidence for it. Nothing happened.
    """
    if asset is None:
        if isinstance(change, c.AssetFound | c.AssetRecovered):
            return born(change)
        raise IllegalMove(f"{_name(change)} of asset {change.asset_id}, which the ledger does not know")
    after = MOVES.get(type(change), {}).get(asset.state, "no move")
    if after == "no move":
        raise IllegalMove(f"{_name(change)} is not possible while asset {asset.asset_id} is {asset.state}")
    moved = asset if after is _STAYS else replace(asset, state=cast(State, after))
    effect = _EFFECTS.get(type(change))
    return effect(moved, change) if effect else moved


def _name(change: c.Change) -> str:
    return type(change).__name__


def _found_again(asset: Asset, change: c.AssetFound) -> Asset:
    if (change.camera, change.path) != (asset.camera, asset.path):
        raise IllegalMove(f"asset {asset.asset_id} is another file: of camera {asset.camera}")
    return replace(
        asset,
        session=change.session,
        bay=change.bay,
        size=change.size,
        mtime_ns=change.mtime_ns,
        flagged=change.flagged or asset.flagged,
        on_card=True,
        docked_at=change.docked_at,
    )


def _staged(asset: Asset, change: c.AssetStaged) -> Asset:
    return replace(
        asset,
        sha256=change.sha256,
        size=change.size,
        spooled=True,
        salvage=change.salvage or asset.salvage,
        recorded_at=change.recorded_at,
        recorded_source=change.recorded_source,
        staged_at=change.at.wall,
        # The count of attempts goes on: central must never take a new copy for the rest of an old upload.
        upload_url=None,
        upload_offset=0,
        # It was just read from the card, so an erase that was once begun did not happen.
        erase_started_at=None,
        erased_at=None,
    )


def _intended(asset: Asset, change: c.UploadIntended) -> Asset:
    if change.attempt < max(asset.upload_attempt, 1):
        raise IllegalMove(f"attempt {change.attempt} of asset {asset.asset_id} after attempt {asset.upload_attempt}")
    return replace(asset, upload_attempt=change.attempt, upload_url=None, upload_offset=0)


def _opened(asset: Asset, change: c.UploadOpened) -> Asset:
    if asset.upload_attempt == 0:
        raise IllegalMove(f"the upload of asset {asset.asset_id} was opened before it was intended")
    return replace(asset, upload_url=change.url)


def _advanced(asset: Asset, change: c.UploadAdvanced) -> Asset:
    # An offset may fall back (central cut its file after a crash) but never passes what there is to send.
    if not 0 <= change.offset <= asset.size:
        raise IllegalMove(f"offset {change.offset} of asset {asset.asset_id}, which has {asset.size} bytes")
    return replace(asset, upload_offset=change.offset)


def _discarded(asset: Asset, _: c.UploadDiscarded) -> Asset:
    return replace(asset, upload_url=None, upload_offset=0, uploaded_at=None)


def _uploaded(asset: Asset, change: c.AssetUploaded) -> Asset:
    return replace(asset, uploaded_at=change.at.wall, upload_offset=asset.size)


def _mismatched(asset: Asset, _: c.UploadMismatched) -> Asset:
    return replace(asset, mismatches=asset.mismatches + 1, upload_url=None, upload_offset=0, uploaded_at=None)


def _verified(asset: Asset, change: c.AssetVerified) -> Asset:
    receipt = change.receipt
    if (receipt.asset_id, receipt.sha256, receipt.size) != (asset.asset_id, asset.sha256, asset.size):
        raise IllegalMove(f"receipt {receipt.receipt_id} is not for the bytes of asset {asset.asset_id}")
    return replace(asset, receipt=receipt, verified_at=receipt.stored_at, reason="")


def _voided(asset: Asset, _: c.ReceiptVoided) -> Asset:
    if not asset.spooled and not asset.on_card:
        raise IllegalMove(f"asset {asset.asset_id} is neither in the spool nor on a card: nothing to send again")
    return replace(
        asset,
        state=S.STAGED if asset.spooled else S.FOUND,
        receipt=None,
        verified_at=None,
        uploaded_at=None,
        upload_url=None,
        upload_offset=0,
        reason="",
    )


def _erase_started(asset: Asset, change: c.EraseStarted) -> Asset:
    if asset.receipt is None:
        raise IllegalMove(f"asset {asset.asset_id} has no receipt")
    return replace(asset, erase_started_at=change.at.wall)


def _erased(asset: Asset, change: c.AssetErased) -> Asset:
    if asset.receipt is None or (asset.erase_started_at is None and asset.erased_at is None):
        raise IllegalMove(f"asset {asset.asset_id} cannot be erased without a receipt and a recorded intent")
    return replace(asset, on_card=False, erased_at=asset.erased_at or change.at.wall)


def _erase_refused(asset: Asset, change: c.EraseRefused) -> Asset:
    return replace(asset, erase_started_at=None, reason=change.reason)


def _kept(asset: Asset, change: c.AssetKept) -> Asset:
    return replace(asset, reason=change.reason)


def _gone(asset: Asset, _: c.AssetGone) -> Asset:
    return replace(asset, on_card=False)


def _seen_again(asset: Asset, change: c.AssetSeenAgain) -> Asset:
    if (change.sha256, change.size) != (asset.sha256, asset.size):
        raise IllegalMove(f"asset {asset.asset_id} was seen with another digest: that is another asset")
    if asset.state is S.VERIFIED and asset.receipt is None:
        raise IllegalMove(f"asset {asset.asset_id} has no receipt")
    # What central had lost is on a card after all: it is read and sent again.
    found = replace(asset, state=S.FOUND, returns_to=None, reason="") if asset.reason == LOST_AT_CENTRAL else asset
    return replace(
        found,
        session=change.session,
        bay=change.bay,
        mtime_ns=change.mtime_ns,
        on_card=True,
        docked_at=change.docked_at,
        erase_started_at=None,
        erased_at=None,
    )


def _lost(asset: Asset, _: c.AssetLost) -> Asset:
    if asset.receipt is None or asset.spooled or asset.on_card:
        raise IllegalMove(f"asset {asset.asset_id} was never receipted, or can be sent again: it is not lost")
    return replace(
        asset, reason=LOST_AT_CENTRAL, returns_to=S.FOUND, receipt=None, verified_at=None, uploaded_at=None
    )


def _quarantined(asset: Asset, change: c.AssetQuarantined) -> Asset:
    if not change.reason:
        raise IllegalMove(f"asset {asset.asset_id} would be quarantined without a reason")
    return replace(asset, reason=change.reason, returns_to=S.STAGED if asset.spooled else S.FOUND)


def _returned(asset: Asset, _: c.AssetReturned) -> Asset:
    return replace(
        asset,
        state=asset.returns_to or S.FOUND,
        returns_to=None,
        reason="",
        mismatches=0,
        uploaded_at=None,
        upload_url=None,
        upload_offset=0,
    )


def _copy_released(asset: Asset, _: c.CopyReleased) -> Asset:
    if asset.receipt is None:
        raise IllegalMove(f"the copy of asset {asset.asset_id} has no receipt and is not released")
    return replace(asset, spooled=False)


def _copy_lost(asset: Asset, _: c.CopyLost) -> Asset:
    if not asset.on_card:
        raise IllegalMove(f"asset {asset.asset_id} is not on a card that could be read again")
    return replace(asset, spooled=False, upload_url=None, upload_offset=0, uploaded_at=None)


ChangeT = TypeVar("ChangeT", bound=c.AssetChange)
_EFFECTS: dict[type[c.AssetChange], Callable[[Asset, c.AssetChange], Asset]] = {}


def _effect(kind: type[ChangeT], function: Callable[[Asset, ChangeT], Asset]) -> None:
    _EFFECTS[kind] = cast("Callable[[Asset, c.AssetChange], Asset]", function)


_effect(c.AssetFound, _found_again)
_effect(c.AssetStaged, _staged)
_effect(c.UploadIntended, _intended)
_effect(c.UploadOpened, _opened)
_effect(c.UploadAdvanced, _advanced)
_effect(c.UploadDiscarded, _discarded)
_effect(c.AssetUploaded, _uploaded)
_effect(c.UploadMismatched, _mismatched)
_effect(c.AssetVerified, _verified)
_effect(c.ReceiptVoided, _voided)
_effect(c.EraseStarted, _erase_started)
_effect(c.AssetErased, _erased)
_effect(c.EraseRefused, _erase_refused)
_effect(c.AssetKept, _kept)
_effect(c.AssetGone, _gone)
_effect(c.AssetSeenAgain, _seen_again)
_effect(c.AssetQuarantined, _quarantined)
_effect(c.AssetLost, _lost)
_effect(c.AssetReturned, _returned)
_effect(c.CopyReleased, _copy_released)
_effect(c.CopyLost, _copy_lost)
