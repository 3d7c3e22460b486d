"""Fetches receipts, oldest upload first."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import structlog

from agent.errors import Refused
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.transfer_status import WaitingNow
from agent.pipeline.verify import VerifyDoors, VerifyEnd, VerifyOutcome, verify_asset
from agent.pipeline.work import Work
from agent.rules.backoff import next_delay
from agent.rules.footage import Asset, State

log = structlog.get_logger()

ABOUT_THIS_ASSET = frozenset({"unreadable", "other_asset", "other_sha256", "other_size"})
"""Reasons to refuse a receipt that are no matter of central's key or epoch."""


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

    def in_trouble(self) -> tuple[WaitingNow, ...]:
        """Also those whose receipt was refused for a reason that may be everyone's."""
        told = super().in_trouble()
        known = {one.asset_id for one in told}
        with self._lock:
            more = tuple(
                WaitingNow(key, asset.camera, f"receipt_refused: {reason}", times, 0.0)
                for key, (reason, times) in self._refused.items()
                if key not in known and (asset := self._list.assets.get(key)) is not None
            )
        return told + more

    def _forgotten(self, asset_id: UUID) -> None:
        self._refused.pop(asset_id, None)

    def _choose(self, now_ns: int, besides: UUID | None = None) -> UUID | None:
        free = (key for key in self._list.assets if key != besides and not self._list.is_taken(key, now_ns))
        return next(free, None)

    def _step(self, asset: Asset) -> float | None:
        reason, times = self._refused.get(asset.asset_id, ("", 0))
        outcome = verify_asset(asset, self._doors, reason)
        if outcome.end is not VerifyEnd.RECEIPT_REFUSED or outcome.reason not in ABOUT_THIS_ASSET:
            self._gate.passed()
        if outcome.end is VerifyEnd.HASHING:
            return outcome.wait_s
        if outcome.end is VerifyEnd.RECEIPT_REFUSED:
            self._refused[asset.asset_id] = (outcome.reason, times + 1)
            log.error("receipt_refused", asset=str(asset.asset_id), reason=outcome.reason, times=times + 1)
            if outcome.reason in ABOUT_THIS_ASSET:
                raise Refused(
                    f"Central's receipt is no receipt for this file: {outcome.reason}.", code="receipt_refused"
                )
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
