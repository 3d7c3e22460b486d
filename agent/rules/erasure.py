"""May this file be erased from its card? The most important function we own.

Everything it needs comes in as values, the time included. Whoever does the IO cannot argue, and there is no
override: a `Keep` is final for this attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.rules.footage import Asset, CardFile, FileKind, State

CLOCK_LIMIT_MS = 300_000.0
"""Beyond this difference to central's clock an age cannot be trusted (a guard on destructive steps)."""


@dataclass(frozen=True, slots=True)
class Erase:
    """The card's copy may go."""


@dataclass(frozen=True, slots=True)
class Keep:
    """The card's copy stays."""

    reason: str
    """One of the names in `may_erase`."""
    lasting: bool
    """True when nothing in this dock can change the answer: the asset is then KEPT for this reason."""


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What is known of the card in this session."""

    identity_unique: bool
    troubled: bool
    """It had an I/O error, or its file system is dirty."""
    seen_as: CardFile | None
    """The file as the latest complete listing shows it; None when it is not there."""
    video_remains: bool = False
    """For a sidecar: its video is still on the card."""


@dataclass(frozen=True, slots=True)
class ErasePolicy:
    """What IT and the camera's profile allow."""

    after_receipt: bool
    min_age: timedelta
    profile_erases: bool
    erasable: frozenset[FileKind]


@dataclass(frozen=True, slots=True)
class CentralFacts:
    """What central said, just now."""

    station: str
    store_epoch: int | None
    """None: central cannot be reached."""
    clock_offset_ms: float | None
    receipt_stands: bool = True
    """False: it does not remember giving the receipt in question, or its object is not there."""
    went_back: bool = False
    """In this epoch it held less than it once acknowledged: restored from a copy, and nobody raised its epoch."""


def may_erase(
    asset: Asset, card: CardFacts, policy: ErasePolicy, central: CentralFacts, now: datetime
) -> Erase | Keep:
    """Erase only with a valid receipt for exactly these bytes, from the central that stands now.

    The order matters only for which reason is named: any single objection keeps the file. Sources: the
    promise in README.md; docs/decisions/0006; docs/reference.md names every reason.
    """
    lasting = _lasting_objection(asset, card, policy)
    if lasting:
        return Keep(lasting, lasting=True)
    passing = (
        _receipt_objection(asset, central)
        or _card_objection(asset, card)
        or _time_objection(asset, policy, central, now)
    )
    return Keep(passing, lasting=False) if passing else Erase()


def _lasting_objection(asset: Asset, card: CardFacts, policy: ErasePolicy) -> str:
    if not policy.after_receipt:
        return "policy_never"
    if asset.kind is FileKind.MARKER or asset.kind not in policy.erasable:
        return "profile_keeps_kind"
    if not policy.profile_erases:
        return "profile_erase_off"
    if not card.identity_unique:
        return "identity_not_unique"
    if asset.receipt is not None and asset.receipt.hold:
        return "hold"
    if asset.salvage:
        return "salvage"
    return ""


def _receipt_objection(asset: Asset, central: CentralFacts) -> str:
    receipt = asset.receipt
    if asset.state is not State.VERIFIED or receipt is None:
        return "not_verified"
    if receipt.asset_id != asset.asset_id or receipt.station != central.station:
        return "receipt_for_another_asset"
    if receipt.sha256 != asset.sha256 or receipt.size != asset.size:
        return "receipt_for_other_bytes"
    if central.store_epoch is None:
        return "central_away"
    if receipt.store_epoch != central.store_epoch:
        return "receipt_of_other_epoch"
    if central.went_back:
        return "central_went_back"
    if not central.receipt_stands:
        return "receipt_unknown_at_central"
    return ""


def _card_objection(asset: Asset, card: CardFacts) -> str:
    if card.troubled:
        return "card_troubled"
    if card.seen_as is None or not asset.on_card:
        return "not_on_card"
    if (card.seen_as.path, card.seen_as.size, card.seen_as.mtime_ns) != (asset.path, asset.size, asset.mtime_ns):
        return "card_file_changed"
    if card.video_remains:
        return "video_remains"
    return ""


def _time_objection(asset: Asset, policy: ErasePolicy, central: CentralFacts, now: datetime) -> str:
    if central.clock_offset_ms is None or abs(central.clock_offset_ms) > CLOCK_LIMIT_MS:
        return "clock_untrusted"
    if asset.verified_at is None or now - asset.verified_at < policy.min_age:
        return "too_young"
    return ""
