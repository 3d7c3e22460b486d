"""Keeps the spool's second copies as long as promised, and sends again what a restored central may have lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from agent.ports import Clock, Ledger, Spool
from agent.rules import changes as c
from agent.rules.footage import Asset
from agent.rules.keeping import may_release

BATCH = 200


class SpoolKeeper:
    """Oldest first; under pressure earlier, but never without a receipt of the central that stands now."""

    def __init__(self, ledger: Ledger, spool: Spool, clock: Clock, keep: timedelta) -> None:
        self._ledger = ledger
        self._spool = spool
        self._clock = clock
        self._keep = keep

    def round(self, store_epoch: int | None, ask_epoch: Callable[[], int | None]) -> int:
        """Void what an older epoch receipted, release what may go; how many copies were released.

        `store_epoch`: what central said in its latest answer; None while it is away: then nothing goes.
        `ask_epoch`: asks it again before the first copy goes, for it may have been restored since.
        """
        if store_epoch is None:
            return 0
        self._void_older_than(store_epoch)
        candidates = [asset for asset in self._receipted() if self._may_go(asset, store_epoch)]
        if not candidates or ask_epoch() != store_epoch:
            return 0
        released = 0
        for asset in candidates:
            if not self._may_go(asset, store_epoch):
                break  # the pressure is off
            # The ledger says so first: a copy that is still there after a crash is only released again.
            reason = "kept_long_enough" if not self._is_under_pressure() else "space_needed"
            self._ledger.commit(c.CopyReleased(at=self._clock.now(), asset_id=asset.asset_id, reason=reason))
            self._spool.release(asset.asset_id)
            released += 1
        return released

    def _void_older_than(self, store_epoch: int) -> None:
        at = self._clock.now()
        voided = [
            c.ReceiptVoided(at=at, asset_id=asset.asset_id, store_epoch=store_epoch)
            for asset in self._receipted()
            if asset.receipt is not None and asset.receipt.store_epoch < store_epoch
        ]
        if voided:
            self._ledger.commit(*voided)

    def _receipted(self) -> tuple[Asset, ...]:
        return self._ledger.releasable(self._clock.now().wall, BATCH)

    def _may_go(self, asset: Asset, store_epoch: int) -> bool:
        now = self._clock.now()
        return may_release(
            asset,
            now=now.wall,
            keep=self._keep,
            store_epoch=store_epoch,
            clock_offset_ms=now.offset_ms,
            under_pressure=self._is_under_pressure(),
        )

    def _is_under_pressure(self) -> bool:
        space = self._spool.space()
        # A little before the limit, so that new copies seldom have to wait for the next round.
        return space.free < space.min_free * 1.05
