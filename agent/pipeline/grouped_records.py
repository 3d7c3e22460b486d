"""Records what became of many small files in one durable commit: 20,000 of them need some hundred, not 20,000.

Their copies are durable in the spool before they are entered here, so what a crash takes from a group is only
the ledger's knowledge of it: `settle_spool` takes such copies up at the next start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from agent.errors import IllegalMove
from agent.pipeline.bench import Bench
from agent.rules import changes as c
from agent.rules.footage import CardFile

SMALL = 1024 * 1024
"""Bytes. A larger file takes long enough to be worth a commit of its own."""
AT_ONCE = 64
LONGEST_WAIT_NS = 500_000_000
"""How long, as files keep coming, the first of a group waits for its commit."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work on one file ended, before the ledger knows of it."""

    file: CardFile
    asset_id: UUID
    change: c.AssetChange | None
    """None when the ledger holds already all there is to say."""


class GroupedRecords:
    """Promises that `recorded` is told of a file only after the ledger holds what became of it."""

    def __init__(self, bench: Bench, recorded: Callable[[Ended], None]) -> None:
        self._bench = bench
        self._recorded = recorded
        self._waiting: list[Ended] = []
        self._since_ns = 0

    def enter(self, ended: Ended) -> None:
        """Record it now, or soon together with others. Raises IllegalMove as `flush` does."""
        now_ns = self._bench.clock.now().monotonic_ns
        if not self._waiting:
            self._since_ns = now_ns
        self._waiting.append(ended)
        is_long = now_ns - self._since_ns >= LONGEST_WAIT_NS
        if is_long or ended.file.size > SMALL or len(self._waiting) >= AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Record all that waits.

        Raises:
            IllegalMove: the ledger moved on under one of them; every other one was recorded.
        """
        waiting, self._waiting = self._waiting, []
        changes = [ended.change for ended in waiting if ended.change is not None]
        try:
            self._bench.ledger.commit(*changes)
        except IllegalMove:
            self._one_by_one(waiting)
            return
        for ended in waiting:
            self._recorded(ended)

    def _one_by_one(self, waiting: list[Ended]) -> None:
        refusal: IllegalMove | None = None
        for ended in waiting:
            try:
                if ended.change is not None:
                    self._bench.ledger.commit(ended.change)
            except IllegalMove as error:
                refusal = error
            else:
                self._recorded(ended)
        if refusal is not None:
            raise refusal
