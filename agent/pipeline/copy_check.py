"""Is the spool's copy still what was staged? Asked before its bytes are blamed on anyone else."""

from __future__ import annotations

from hashlib import sha256

from agent.errors import SpoolBroken
from agent.ports import Ledger, Spool
from agent.rules.changes import AssetQuarantined, CopyLost
from agent.rules.footage import Asset, Instant

BLOCK = 1 << 20


def trouble_with_copy(spool: Spool, asset: Asset) -> str | None:
    """Reads the whole copy: `copy_missing`, `copy_unreadable`, `copy_rotten`; None when it is sound."""
    try:
        copy = spool.open(asset.asset_id)
    except FileNotFoundError:
        return "copy_missing"
    except SpoolBroken:
        return "copy_unreadable"
    try:
        digest, at = sha256(), 0
        while block := copy.read_at(at, BLOCK):
            digest.update(block)
            at += len(block)
    except SpoolBroken:
        return "copy_unreadable"
    finally:
        copy.close()
    return None if (at, digest.hexdigest()) == (asset.size, asset.sha256) else "copy_rotten"


def give_up_copy(ledger: Ledger, asset: Asset, reason: str, at: Instant) -> None:
    """The card is read again; where it no longer has the file, a person is asked. The copy is not touched."""
    if asset.on_card:
        ledger.commit(CopyLost(at=at, asset_id=asset.asset_id, reason=reason))
    else:
        ledger.commit(
            AssetQuarantined(
                at=at, asset_id=asset.asset_id, reason=reason, detail="the card no longer has this file to read again"
            )
        )
