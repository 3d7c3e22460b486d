"""After a restore of central: which bytes, erased long ago on a receipt, does nobody hold any more?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from agent.ports import MOST_RECEIPTS, Clock, Ledger
from agent.rules import changes as c
from agent.rules.footage import Asset

log = structlog.get_logger(__name__)

Held = Callable[[Sequence[Asset]], Sequence[bool] | None]
"""Whether central holds an object of each asset; None when it does not answer. At most MOST_RECEIPTS at once."""


class Recheck:
    """Asks once for each store epoch. What can be sent again is sent by others; what cannot is named here."""

    def __init__(self, ledger: Ledger, clock: Clock, held: Held) -> None:
        self._ledger = ledger
        self._clock = clock
        self._held = held

    def round(self, store_epoch: int | None) -> int:
        """How many assets were found lost."""
        if store_epoch is None or self._ledger.note("rechecked_epoch") == str(store_epoch):
            return 0
        lost = still_held = 0
        while assets := self._ledger.unbacked(store_epoch, MOST_RECEIPTS, still_held):
            held = self._held(assets)
            if held is None:
                return lost
            gone = [asset for asset, there in zip(assets, held, strict=True) if not there]
            self._tell(gone, store_epoch)
            lost += len(gone)
            still_held += len(assets) - len(gone)
        self._ledger.remember(rechecked_epoch=str(store_epoch))
        return lost

    def _tell(self, gone: Sequence[Asset], store_epoch: int) -> None:
        at = self._clock.now()
        self._ledger.commit(*(c.AssetLost(at=at, asset_id=one.asset_id, store_epoch=store_epoch) for one in gone))
        for asset in gone:
            log.error("asset_lost", asset=str(asset.asset_id), camera=asset.camera, sha256=asset.sha256)
