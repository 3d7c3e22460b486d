"""What this station asks of the central that stands now, before anything that cannot be undone."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agent.errors import DockError
from agent.ports import Central, Clock, ReceiptStanding
from agent.reporting.history import HistoryWatch
from agent.rules.erasure import CentralFacts
from agent.rules.footage import Asset


class Asking:
    """While central is away, every answer is one that permits nothing."""

    def __init__(
        self,
        central: Central,
        clock: Clock,
        station: str,
        history: HistoryWatch,
        known_epoch: Callable[[], int | None],
    ) -> None:
        """`known_epoch`: what central said in the latest heartbeat; None while it is away."""
        self._central = central
        self._clock = clock
        self._station = station
        self._history = history
        self._known_epoch = known_epoch

    def epoch(self) -> CentralFacts:
        """The store epoch alone."""
        try:
            return self._facts(self._central.standing())
        except DockError:
            return self._facts(None)

    def about(self, asset: Asset) -> CentralFacts:
        """The same, and whether this asset's receipt stands: asked before every unlink. A central that was restored
        from a copy may never have given it."""
        if asset.receipt is None:
            return self.epoch()
        try:
            standing = self._central.standing_of([(asset.asset_id, asset.receipt.receipt_id)])
        except DockError:
            return self._facts(None)
        return self._facts(standing.store_epoch, stands=standing.receipts[0].stands)

    def receipts_stand(self, assets: Sequence[Asset]) -> list[bool] | None:
        """For each asset; None when central does not answer, or in another epoch than we know."""
        told = self._standing_of(assets)
        return None if told is None else [one.stands for one in told]

    def are_held(self, assets: Sequence[Asset]) -> list[bool] | None:
        """Whether central holds an object of each asset; None as above."""
        told = self._standing_of(assets)
        return None if told is None else [one.held for one in told]

    def _standing_of(self, assets: Sequence[Asset]) -> Sequence[ReceiptStanding] | None:
        receipts = [(asset.asset_id, asset.receipt.receipt_id) for asset in assets if asset.receipt is not None]
        if len(receipts) != len(assets):
            return None
        try:
            standing = self._central.standing_of(receipts)
        except DockError:
            return None
        return standing.receipts if standing.store_epoch == self._known_epoch() else None

    def _facts(self, epoch: int | None, *, stands: bool = True) -> CentralFacts:
        return CentralFacts(
            station=self._station,
            store_epoch=epoch,
            clock_offset_ms=self._clock.now().offset_ms,
            receipt_stands=stands,
            went_back=self._history.went_back(epoch),
        )
