"""Footage outlives a lost ledger: what the spool holds is taken over under the same asset ids."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from agent.ports import Ledger, Spool
from agent.rules.changes import AssetRecovered
from agent.rules.footage import FileKind, Instant
from protocol.sidecar import Sidecar, decode_sidecar

AT_ONCE = 200
"""Copies per commit."""

Report = Callable[[UUID, str], None]
"""Told of every copy that cannot be taken over, and why. The copy stays where it is."""


def take_over_spool(ledger: Ledger, spool: Spool, now: Instant, report: Report = lambda _asset, _why: None) -> int:
    """Make every durable copy with a valid sidecar, which the ledger does not know, a STAGED asset of its own id.

    Idempotent: asking again takes over what is left. Returns how many were taken over. Nothing is deleted.

    Raises:
        LedgerBroken: the ledger cannot be written.
    """
    taken = 0
    waiting: list[AssetRecovered] = []
    for asset_id, content in spool.sidecars():
        if ledger.asset(asset_id) is not None:
            continue
        try:
            waiting.append(_recovered(asset_id, decode_sidecar(content), spool, now))
        except ValueError as error:
            report(asset_id, str(error))
        if len(waiting) == AT_ONCE:
            ledger.commit(*waiting)
            taken += len(waiting)
            waiting.clear()
    ledger.commit(*waiting)
    return taken + len(waiting)


def _recovered(asset_id: UUID, sidecar: Sidecar, spool: Spool, now: Instant) -> AssetRecovered:
    if sidecar.asset_id != asset_id:
        raise ValueError(f"the sidecar is that of asset {sidecar.asset_id}")
    size = spool.size(asset_id)
    if size != sidecar.size:
        raise ValueError(f"the copy has {size} bytes, its sidecar says {sidecar.size}")
    if sidecar.sha256 is None or sidecar.staged_at is None:
        raise ValueError("the sidecar is a draft")
    return AssetRecovered(
        at=now,
        asset_id=asset_id,
        camera=sidecar.camera,
        path=sidecar.path,
        size=sidecar.size,
        mtime_ns=sidecar.mtime_ns,
        kind=FileKind(sidecar.kind),
        flagged=sidecar.flagged,
        sha256=sidecar.sha256,
        salvage=sidecar.salvage,
        recorded_at=sidecar.recorded_at,
        recorded_source=sidecar.recorded_source,
        recorded_until=sidecar.recorded_until,
        docked_at=sidecar.docked_at,
        staged_at=sidecar.staged_at,
    )
