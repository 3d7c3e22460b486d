"""Makes ledger and spool agree after a stop at any instant: a durable copy is never forgotten, never kept twice."""

from __future__ import annotations

from agent.ports import Clock, Ledger, Spool
from agent.rules import changes as c
from agent.rules.footage import State
from protocol.sidecar import decode_sidecar


def settle_spool(ledger: Ledger, spool: Spool, clock: Clock) -> int:
    """Finish what a crash left between the spool's fsync and the ledger's commit; how many copies that was.

    Call before card work starts, after `sweep`. Idempotent.
    """
    settled = 0
    for asset_id, content in spool.sidecars():
        asset = ledger.asset(asset_id)
        if asset is None:
            continue
        if asset.state is State.FOUND:
            try:
                sidecar = decode_sidecar(content)
            except ValueError:
                continue
            if sidecar.sha256 is None or spool.size(asset_id) != sidecar.size:
                continue
            # The copy was durable before the crash: it counts, and the card need not be read for it again.
            ledger.commit(
                c.AssetStaged(
                    at=clock.now(),
                    asset_id=asset_id,
                    sha256=sidecar.sha256,
                    size=sidecar.size,
                    recorded_at=sidecar.recorded_at,
                    recorded_source=sidecar.recorded_source,
                    salvage=sidecar.salvage,
                )
            )
            settled += 1
        elif not asset.spooled and asset.receipt is not None:
            # Its release was recorded; the files were still to go.
            spool.release(asset_id)
            settled += 1
    return settled
