"""The copies that are being made right now, and how far each one is: what lets an upload follow.

Lives as long as the process. A copy that a crash cut short is swept at the next start and has no successor.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from agent.rules.following import FOLLOW_FROM, least_step, may_be_followed, next_step
from agent.rules.footage import Asset, StageOutcome, StageVerdict


class Growth:
    """One attempt at copying one file. Its session's thread writes, anyone reads."""

    def __init__(self, asset_id: UUID, size: int, least: int) -> None:
        self.asset_id = asset_id
        self.size = size
        self.written = 0
        """Bytes of the file that are in the partial copy. Not yet durable: they count for nothing but following."""
        self.sha256: str | None = None
        """Of the whole copy, once it is durable."""
        self.is_over = False
        """The copy has ended, well or not, and the ledger holds what became of it."""
        self.is_left = False
        """Its upload waits until it is staged, like any other."""
        self._least = least

    def grew(self, done: int) -> None:
        self.written = done

    def copied(self, outcome: StageOutcome) -> None:
        """Only a copy that is the whole, unchanged file passes its upload on."""
        if outcome.verdict is StageVerdict.STAGED and outcome.size == self.size:
            self.sha256 = outcome.sha256

    def step(self, offset: int, chunk: int) -> int:
        """Bytes that may be sent from `offset` on; 0: none now."""
        if self.is_over or self.is_left:
            return 0
        return next_step(self.written, self.size, offset, chunk, self._least)


class Growing:
    """Which copies are followed. Thread-safe."""

    def __init__(self, from_size: int = FOLLOW_FROM) -> None:
        """`from_size`: bytes of the smallest file that is followed."""
        self.when_begun: Callable[[], None] = lambda: None
        """Called when there is another copy to follow."""
        self._from_size = from_size
        self._growths: dict[UUID, Growth] = {}
        self._lock = threading.Lock()

    @contextmanager
    def copying(self, asset: Asset, size: int, *, rebuilt: bool) -> Iterator[Growth]:
        """While the file of this asset is copied, and until the ledger holds how that ended."""
        growth = Growth(asset.asset_id, size, least_step(self._from_size))
        if size >= self._from_size and may_be_followed(asset, rebuilt=rebuilt):
            self._enter(growth)
        try:
            yield growth
        finally:
            growth.is_over = True

    def _enter(self, growth: Growth) -> None:
        with self._lock:
            before = self._growths.get(growth.asset_id)
            if before is not None:
                before.is_over = True
            self._growths[growth.asset_id] = growth
        self.when_begun()

    def of(self, asset_id: UUID) -> Growth | None:
        """The latest copy of this asset, also for a while after its end."""
        with self._lock:
            return self._growths.get(asset_id)

    def under_way(self) -> tuple[UUID, ...]:
        with self._lock:
            return tuple(key for key, growth in self._growths.items() if not growth.is_over)

    def forget_ended(self) -> None:
        """Call before the ledger is read anew: it tells what became of them."""
        with self._lock:
            self._growths = {key: growth for key, growth in self._growths.items() if not growth.is_over}
