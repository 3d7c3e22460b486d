"""Fetches receipts, oldest upload first."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import structlog

from agent.pipeline.central_gate import CentralGate
from agent.pipeline.verify import VerifyDoors, VerifyEnd, VerifyOutcome, verify_asset
from agent.pipeline.work import Work
from agent.rules.backoff import next_delay
from agent.rules.footage import Asset, State

log = structlog.get_logger()


class VerifyWork(Work):
    """UPLOADED assets."""

    name = "verify"
    state = State.UPLOADED

    def __init__(self, doors: VerifyDoors, gate: CentralGate, stopping: Callable[[], bool]) -> None:
        super().__init__(doors.ledger, doors.clock, gate, stopping)
        self._doors = doors
        self._refused: dict[UUID, tuple[str, int]] = {}
        self.when_verified: Callable[[UUID], None] = lambda _: None
        self.when_sent_back: Callable[[UUID], None] = lambda _: None

    def _choose(self, now_ns: int, besides: UUID | None = None) -> UUID | None:
        free = (key for key in self._list.assets if key != besides and not self._list.is_taken(key, now_ns))
        return next(free, None)

    def _step(self, asset: Asset) -> float | None:
        reason, times = self._refused.get(asset.asset_id, ("", 0))
        outcome = verify_asset(asset, self._doors, reason)
        if outcome.end is VerifyEnd.HASHING:
            return outcome.wait_s
        if outcome.end is VerifyEnd.RECEIPT_REFUSED:
            self._refused[asset.asset_id] = (outcome.reason, times + 1)
            log.error("receipt_refused", asset=str(asset.asset_id), reason=outcome.reason, times=times + 1)
            return next_delay(times + 1, 0.5)
        self._refused.pop(asset.asset_id, None)
        self._tell(asset, outcome)
        return None

    def _tell(self, asset: Asset, outcome: VerifyOutcome) -> None:
        if outcome.end is VerifyEnd.VERIFIED:
            log.info("asset_verified", asset=str(asset.asset_id), camera=asset.camera)
            self.when_verified(asset.asset_id)
            return
        log.error("verify_failed", asset=str(asset.asset_id), end=outcome.end.value, reason=outcome.reason)
        if outcome.end in (VerifyEnd.STARTS_ANEW, VerifyEnd.MISMATCHED):
            self.when_sent_back(asset.asset_id)
