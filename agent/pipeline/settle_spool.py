"""Makes ledger and spool agree after a stop at any instant: a durable copy is never forgotten, never kept twice."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from agent.errors import IllegalMove, SpoolBroken
from agent.pipeline.copy_check import trouble_with_copy
from agent.ports import Clock, Ledger, Spool
from agent.rules import changes as c
from agent.rules.footage import Asset, State
from protocol.sidecar import Sidecar, decode_sidecar


def settle_spool(ledger: Ledger, spool: Spool, clock: Clock) -> int:
    """Finish what a crash left between the spool's fsync and the ledger's commit; how many copies that was.

    Call before card work starts, after `sweep`, which made durable what a killed process left. Idempotent.
    """
    settled = 0
    for asset_id, content in spool.sidecars():
        asset = ledger.asset(asset_id)
        if asset is None:
            continue
        if asset.state is State.FOUND:
            settled += _take_up(ledger, spool, clock, asset, content)
        elif not asset.spooled and asset.receipt is not None:
            # Its release was recorded; the files were still to go.
            spool.release(asset_id)
            settled += 1
    return settled


def take_up_copy(ledger: Ledger, spool: Spool, clock: Clock, asset_id: UUID) -> bool:
    """Whether the copy of a FOUND asset turns out to be durable: then it is STAGED.

    For an asset whose card work ended without an answer (the camera was pulled, the child was killed): the copy may
    have been made durable in its last instant. Call when that child is ended. A broken spool is asked again by the
    next start."""
    asset = ledger.asset(asset_id)
    if asset is None or asset.state is not State.FOUND:
        return False
    try:
        if spool.size(asset_id) is None:
            return False
        spool.sync()  # the child may have been killed just before it could
        content = next((content for copied, content in spool.sidecars() if copied == asset_id), b"")
        return _take_up(ledger, spool, clock, asset, content)
    except (SpoolBroken, IllegalMove):
        return False


def _take_up(ledger: Ledger, spool: Spool, clock: Clock, asset: Asset, content: bytes) -> bool:
    """The copy was durable before the crash: it counts, and the card need not be read for it again."""
    sidecar = _sidecar(asset.asset_id, content)
    if sidecar is None or sidecar.sha256 is None or spool.size(asset.asset_id) != sidecar.size:
        return False
    # A FOUND asset with a digest has lost a copy: what lies here may be that very copy, missing or rotten.
    copied = replace(asset, sha256=sidecar.sha256, size=sidecar.size)
    if asset.sha256 is not None and trouble_with_copy(spool, copied) is not None:
        return False
    ledger.commit(
        c.AssetStaged(
            at=clock.now(),
            asset_id=asset.asset_id,
            sha256=sidecar.sha256,
            size=sidecar.size,
            recorded_at=sidecar.recorded_at,
            recorded_source=sidecar.recorded_source,
            recorded_until=sidecar.recorded_until,
            salvage=sidecar.salvage,
        )
    )
    return True


def _sidecar(asset_id: UUID, content: bytes) -> Sidecar | None:
    try:
        sidecar = decode_sidecar(content)
    except ValueError:
        return None
    return sidecar if sidecar.asset_id == asset_id else None
