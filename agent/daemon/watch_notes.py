"""What the ledger is told of the watch when a run ends, or when the next one finds that the last never said so."""

from __future__ import annotations

import structlog

from agent.daemon.watch_keeping import Watch, proofs
from agent.errors import LedgerBroken
from agent.ports import Clock, Ledger
from agent.rules.changes import WatchStopped

log = structlog.get_logger(__name__)


def note_crash(ledger: Ledger, clock: Clock) -> None:
    """A run that ended without saying so watched until its last proof, and not a second longer."""
    proof = ledger.note("told_until") or ledger.note("alive_at") or ledger.note("watch_began")
    if proof and ledger.note("stopped") == "no":
        now = clock.now()
        ledger.commit(
            WatchStopped(at=now, reason="crashed", until=now.wall.fromisoformat(proof)), notes={"stopped": "yes"}
        )


def note_stop(ledger: Ledger, clock: Clock, watch: Watch) -> None:
    """It watched as far as it has proven, not until the last thread ended. Without a word of it here the next
    start takes this for a crash, which claims no more."""
    if watch.told is None:
        return
    try:
        ledger.commit(
            WatchStopped(at=clock.now(), reason="stopped", until=watch.told),
            notes={**proofs(watch), "stopped": "yes"},
        )
    except LedgerBroken as error:
        log.warning(error.code, error=str(error))
