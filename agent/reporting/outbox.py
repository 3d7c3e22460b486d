"""Sends custody events to central, in order, until it acknowledges them.

The outbox is a cursor over the ledger, not a second queue: unsent means numbered above the last acknowledged.
"""

from __future__ import annotations

from agent.errors import ProtocolViolation, Refused
from agent.ports import Central, Ledger

BATCH = 50
"""Events in one request. Central stores a batch in one transaction, and uploads wait for it: keep it short."""


class Outbox:
    """Promises that central's acknowledged number only ever means what central itself said."""

    def __init__(self, ledger: Ledger, central: Central) -> None:
        self._ledger = ledger
        self._central = central

    @property
    def acknowledged(self) -> int:
        return int(self._ledger.note("acknowledged") or 0)

    @property
    def unsent(self) -> int:
        head = self._ledger.head()
        return (head.number if head else 0) - self.acknowledged

    def send(self) -> int:
        """Send one batch; how many events are still unsent afterwards.

        Raises:
            RetryLater, AuthRefused: nothing changed; send again later.
            Refused: code `fork`: central holds another history of this ledger. A person must look.
            ProtocolViolation: central acknowledged events that were never written.
        """
        acknowledged = self.acknowledged
        events = self._ledger.events_after(acknowledged, BATCH)
        if not events:
            return 0
        try:
            highest = self._central.post_events(events, self._ledger.uuid)
        except Refused as error:
            if error.code == "fork":
                self._ledger.remember(fork=str(error))
            raise
        if highest > events[-1].number:
            raise ProtocolViolation(
                f"central acknowledged event {highest}, but {events[-1].number} was the last one sent"
            )
        # A central restored from a backup may hold less than it once acknowledged: then it is sent again.
        if highest != acknowledged:
            self._ledger.remember(acknowledged=str(highest))
        return self.unsent
