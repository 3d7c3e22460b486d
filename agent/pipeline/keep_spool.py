"""Keeps the spool's second copies as long as promised, and sends again what a restored central may have lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import structlog

from agent.ports import MOST_RECEIPTS, Clock, Ledger, Spool
from agent.rules import changes as c
from agent.rules.footage import Asset
from agent.rules.keeping import may_release

log = structlog.get_logger(__name__)

BATCH = 200
ALL = 1_000_000
AT_ONCE = 500
"""Changes per commit: other writers of the ledger wait meanwhile."""
AT_ANY_TIME = datetime.max.replace(tzinfo=UTC)
"""Receipts carry central's time. Whatever our own clock says, none of them is too young to be asked about."""

Stand = Callable[[Sequence[Asset]], Sequence[bool] | None]
"""Whether central stands by each asset's receipt now; None when it does not answer. At most MOST_RECEIPTS at once."""


class SpoolKeeper:
    """Oldest first; under pressure earlier, but never without a receipt of the central that stands now."""

    def __init__(self, ledger: Ledger, spool: Spool, clock: Clock, keep: timedelta, receipts_stand: Stand) -> None:
        self._ledger = ledger
        self._spool = spool
        self._clock = clock
        self.keep = keep
        """How long a receipted copy stays; another value counts from the next round on."""
        self._stand = receipts_stand
        self._voided_epoch: int | None = None
        self._asked_again: int | None = None

    def round(
        self,
        store_epoch: int | None,
        ask_epoch: Callable[[], int | None],
        *,
        went_back: bool = False,
        wanted: int = 0,
    ) -> int:
        """Void what an older epoch receipted, release what may go; how many copies were released.

        `store_epoch`: what central said in its latest answer; None while it is away: then nothing goes.
        `ask_epoch`: asks it again before the first copy goes, for it may have been restored since.
        `went_back`: it holds less than it once acknowledged: nothing goes, and what it lost is sent again.
        `wanted`: bytes that a file waits for on its card, beyond what is kept free.
        """
        if store_epoch is None:
            return 0
        self._void_older_than(store_epoch)
        if went_back:
            self._send_again_what_was_lost(store_epoch)
            return 0
        candidates = [asset for asset in self._receipted() if self._may_go(asset, store_epoch, wanted)]
        if not candidates or ask_epoch() != store_epoch:
            return 0
        released = 0
        for asset in self._still_receipted(candidates, store_epoch):
            if not self._may_go(asset, store_epoch, wanted):
                break  # the pressure is off
            # The ledger says so first: a copy that is still there after a crash is only released again.
            reason = "kept_long_enough" if not self._is_under_pressure(wanted) else "space_needed"
            self._ledger.commit(c.CopyReleased(at=self._clock.now(), asset_id=asset.asset_id, reason=reason))
            self._spool.release(asset.asset_id)
            released += 1
        return released

    def _void_older_than(self, store_epoch: int) -> None:
        """All of them when the epoch has changed: what is verified anew keeps its old `verified_at`, and would hide
        the others from a short look."""
        limit = BATCH if self._voided_epoch == store_epoch else ALL
        old = [
            asset
            for asset in self._ledger.releasable(AT_ANY_TIME, limit)
            if asset.receipt is not None and asset.receipt.store_epoch < store_epoch
        ]
        for start in range(0, len(old), AT_ONCE):
            self._void(old[start : start + AT_ONCE], store_epoch)
        self._voided_epoch = store_epoch

    def _still_receipted(self, assets: Sequence[Asset], store_epoch: int) -> list[Asset]:
        """Those whose receipt central stands by; the others travel again while their copy is still here."""
        stands = self._stand(assets)
        if stands is None:
            return []
        self._void((asset for asset, good in zip(assets, stands, strict=True) if not good), store_epoch)
        return [asset for asset, good in zip(assets, stands, strict=True) if good]

    def _send_again_what_was_lost(self, store_epoch: int) -> None:
        if self._asked_again == store_epoch:
            return
        assets = self._ledger.releasable(AT_ANY_TIME, ALL)
        for start in range(0, len(assets), MOST_RECEIPTS):
            chunk = assets[start : start + MOST_RECEIPTS]
            stands = self._stand(chunk)
            if stands is None:
                return
            self._void((asset for asset, good in zip(chunk, stands, strict=True) if not good), store_epoch)
        self._asked_again = store_epoch

    def _void(self, assets: Iterable[Asset], store_epoch: int) -> None:
        at = self._clock.now()
        voided = [c.ReceiptVoided(at=at, asset_id=asset.asset_id, store_epoch=store_epoch) for asset in assets]
        if voided:
            self._ledger.commit(*voided)
            log.warning("receipts_voided", assets=len(voided), store_epoch=store_epoch)

    def _receipted(self) -> tuple[Asset, ...]:
        return self._ledger.releasable(self._clock.now().wall, BATCH)

    def _may_go(self, asset: Asset, store_epoch: int, wanted: int) -> bool:
        now = self._clock.now()
        return may_release(
            asset,
            now=now.wall,
            keep=self.keep,
            store_epoch=store_epoch,
            clock_offset_ms=now.offset_ms,
            under_pressure=self._is_under_pressure(wanted),
        )

    def _is_under_pressure(self, wanted: int) -> bool:
        space = self._spool.space()
        if space.min_free + wanted > space.total:
            wanted = 0  # it would not even fit into an empty spool: nothing is given up for it
        # A little before the limit, so that new copies seldom have to wait for the next round.
        return space.free < max(space.min_free * 1.05, space.min_free + wanted)
