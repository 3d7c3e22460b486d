"""A rebuilt ledger names the one it follows, as central knows it."""

from __future__ import annotations

from agent.ports import Central, Clock, Ledger
from agent.rules.changes import LedgerSucceeds


def name_predecessor(ledger: Ledger, central: Central, clock: Clock) -> None:
    """Record, once, which ledger this one follows and why; nothing for one that follows none.

    Raises:
        RetryLater, Refused: central did not say; ask again.
    """
    if not ledger.rebuilt or ledger.note("succeeds") is not None:
        return
    heads = [head for head in central.ledger_heads() if head[0] != ledger.uuid]
    wanted = ledger.note("predecessor")
    named = [head for head in heads if wanted is None or str(head[0]) == wanted][-1:]
    why = ledger.note("predecessor_why") or "lost"
    succeeds = [
        LedgerSucceeds(at=clock.now(), ledger_uuid=uuid, number=number, hash=digest, reason=why)
        for uuid, number, digest in named
    ]
    ledger.commit(*succeeds, notes={"succeeds": "named" if named else "none"})
