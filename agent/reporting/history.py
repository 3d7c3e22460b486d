"""Holds this ledger against what central holds of it: a fork ends it, a set-back of central stops every erase."""

from __future__ import annotations

import structlog

from agent.errors import LedgerEnded
from agent.ports import Clock, HeartbeatReply, Ledger
from agent.rules.changes import CentralWentBack
from agent.rules.history import History, compare

log = structlog.get_logger(__name__)


class HistoryWatch:
    """Promises that what was learned outlives this process."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def went_back(self, store_epoch: int | None) -> bool:
        """Whether central went back in this epoch: until a higher one is raised, no receipt permits anything."""
        noted = self._ledger.note("central_went_back")
        return noted is not None and store_epoch is not None and store_epoch <= int(noted)

    def heard(self, reply: HeartbeatReply, acknowledged: int) -> None:
        """What a heartbeat was answered. `acknowledged`: what we knew before it was sent.

        Raises:
            LedgerEnded: central holds another history. The ledger goes on under another UUID after a restart.
        """
        known = int(self._ledger.note("store_epoch") or reply.store_epoch)
        held = acknowledged if reply.held is None else reply.held
        if reply.store_epoch < known:
            # Not even its epoch is what it was: restored from a copy older than its last restore.
            self.set_back(held, acknowledged=acknowledged, store_epoch=reply.store_epoch)
        if reply.held is None:
            return
        match self._compared(held, reply.held_hash, acknowledged):
            case History.FORKED:
                self.end("forked", f"central holds another event at number {held} than this station")
            case History.WENT_BACK:
                self.set_back(held, acknowledged=acknowledged, store_epoch=reply.store_epoch)

    def _compared(self, held: int, held_hash: bytes, acknowledged: int) -> History:
        head = self._ledger.head()
        there = self._ledger.events_after(held - 1, 1) if held else ()
        own_hash = there[0].hash if there else None
        return compare(
            head=head.number if head else 0,
            acknowledged=acknowledged,
            held=held,
            held_hash=held_hash,
            own_hash=own_hash,
        )

    def set_back(self, held: int, *, acknowledged: int, store_epoch: int) -> None:
        """Central was restored from a copy: what it lost is sent again, and unless it says so by a higher epoch than
        we knew, nothing is erased on its word."""
        noted = self._ledger.note("store_epoch")
        known = int(noted or store_epoch)
        notes = {"acknowledged": str(held)}
        # Who never heard an epoch has no receipt yet; each one to come is of the central that stands now.
        if noted is not None and store_epoch <= known and not self.went_back(store_epoch):
            notes["central_went_back"] = str(store_epoch)
            log.error("central_went_back", acknowledged=acknowledged, held=held, store_epoch=store_epoch)
        epoch = min(store_epoch, known)  # the one in which it acknowledged: a higher one says that all is known
        event = CentralWentBack(at=self._clock.now(), acknowledged=acknowledged, held=held, store_epoch=epoch)
        self._ledger.commit(event, notes=notes)

    def end(self, why: str, what: str) -> None:
        """This ledger's history ends here: `forked` or `closed`.

        Raises:
            LedgerEnded: always.
        """
        self._ledger.remember(ended=why)
        raise LedgerEnded(
            f"Ledger {self._ledger.uuid} cannot go on: {what}.",
            hint="Nothing is lost: it is kept aside as evidence; a new one is begun from the spool and the cards.",
        )
