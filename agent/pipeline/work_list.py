"""Which assets wait for a worker, which are being worked on, and which sit out a trouble."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from agent.rules.footage import Asset


@dataclass(frozen=True, slots=True)
class Parked:
    """An asset that waits, and why. Its tries are remembered, so that it keeps its place on the backoff curve."""

    until_ns: int
    attempts: int
    reason: str
    """The trouble's code; empty when it is none (central is hashing)."""


class WorkList:
    """The assets in one state, as last read from the ledger. Not thread-safe: its owner holds the lock."""

    def __init__(self) -> None:
        self.assets: dict[UUID, Asset] = {}
        self.busy: set[UUID] = set()
        self.parked: dict[UUID, Parked] = {}

    def refresh(self, assets: Iterable[Asset]) -> None:
        """Take over what the ledger holds; troubles of assets that are no longer here are forgotten."""
        self.assets = {asset.asset_id: asset for asset in assets}
        self.parked = {key: parked for key, parked in self.parked.items() if key in self.assets or key in self.busy}

    def is_taken(self, asset_id: UUID, now_ns: int) -> bool:
        """Being worked on, sitting out a trouble, or gone since the list was read."""
        if asset_id in self.busy or asset_id not in self.assets:
            return True
        parked = self.parked.get(asset_id)
        return parked is not None and parked.until_ns > now_ns

    def attempts(self, asset_id: UUID) -> int:
        """Failed tries since the last success."""
        parked = self.parked.get(asset_id)
        return parked.attempts if parked else 0

    def done(self, asset_id: UUID) -> None:
        self.assets.pop(asset_id, None)
        self.parked.pop(asset_id, None)
