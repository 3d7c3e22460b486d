"""Sends custody events to central, in order, until it acknowledges them.

The outbox is a cursor over the ledger, not a second queue: unsent means numbered above the last acknowledged.
"""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from agent.errors import AuthRefused, ProtocolViolation, Refused
from agent.ports import Central, Ledger, StoredEvent
from agent.reporting.history import HistoryWatch

log = structlog.get_logger(__name__)

BATCH = 50
"""Events in one request. Central stores a batch in one transaction, and uploads wait for it: keep it short."""


STRIKES = 3
"""Times that central refuses one single event before the rest goes on without its body."""

ENDS = {"fork": "forked", "ledger_closed": "closed"}
"""Refusals that end this ledger, by what they end it as."""


class Outbox:
    """Promises that central's acknowledged number only ever means what central itself said."""

    def __init__(self, ledger: Ledger, central: Central, history: HistoryWatch | None = None) -> None:
        """Without `history` a fork or a set-back of central is only reported."""
        self._ledger = ledger
        self._central = central
        self._history = history
        self._batch = BATCH
        self._strikes = 0

    @property
    def acknowledged(self) -> int:
        return int(self._ledger.note("acknowledged") or 0)

    @property
    def unsent(self) -> int:
        head = self._ledger.head()
        return (head.number if head else 0) - self.acknowledged

    @property
    def withheld(self) -> dict[int, str]:
        """Numbers of the events that central refused for good, and why. Their bodies stay here."""
        lines = (self._ledger.note("withheld") or "").splitlines()
        return {int(number): why for number, _, why in (line.partition(" ") for line in lines)}

    def send(self) -> int:
        """Send one batch; how many events are still unsent afterwards.

        Raises:
            RetryLater, AuthRefused: nothing changed; send again later.
            LedgerEnded: central holds another history of this ledger, or closed it.
            Refused: central takes none of this batch; the next is half as long, down to the event that it refuses.
            ProtocolViolation: central acknowledged events that were never written.
        """
        acknowledged = self.acknowledged
        events = self._ledger.events_after(acknowledged, self._batch)
        if not events:
            return 0
        withheld = self.withheld
        events = _up_to_withheld(events, withheld)
        why = {"withheld": withheld[events[0].number]} if events[0].number in withheld else {}
        try:
            highest = self._central.post_events(events, self._ledger.uuid, **why)
        except (AuthRefused, ProtocolViolation):
            raise
        except Refused as error:
            self._refused(events, error)
            raise
        self._batch, self._strikes = min(self._batch * 2, BATCH), 0
        self._learned(highest, acknowledged, events[-1].number)
        return self.unsent

    def _learned(self, highest: int, acknowledged: int, sent: int) -> None:
        if highest > sent:
            self._prove_more(highest, sent)
        elif self._history is not None and highest < acknowledged:
            epoch = int(self._ledger.note("store_epoch") or 0)
            self._history.set_back(highest, acknowledged=acknowledged, store_epoch=epoch)
        elif highest != acknowledged:
            # A central restored from a backup may hold less than it once acknowledged: then it is sent again.
            self._ledger.remember(acknowledged=str(highest))

    def _prove_more(self, highest: int, sent: int) -> None:
        """Central claims more than was sent just now: an earlier answer was lost, a disk was put back, or it lies."""
        what = f"central acknowledged event {highest}, but {sent} was the last one sent"
        heads = {uuid: (number, digest) for uuid, number, digest in self._central.ledger_heads()}
        number, digest = heads.get(self._ledger.uuid, (0, ""))
        own = self._ledger.events_after(number - 1, 1) if number else ()
        if own and own[0].hash.hex() == digest:
            self._ledger.remember(acknowledged=str(number))
        elif number and self._history is not None:
            self._history.end("forked", what)
        else:
            raise ProtocolViolation(what)

    def _refused(self, events: Sequence[StoredEvent], error: Refused) -> None:
        if error.code in ENDS:
            self._ledger.remember(fork=str(error))
            self._end_if_central_says_so(ENDS[error.code], str(error))
        elif len(events) > 1:
            self._batch = max(len(events) // 2, 1)
        else:
            self._strikes += 1
            if self._strikes >= STRIKES:
                self._withhold(events[0].number, error)

    def _end_if_central_says_so(self, why: str, what: str) -> None:
        """A ledger that central does not even know can neither be forked nor closed there."""
        known = {uuid for uuid, number, _ in self._central.ledger_heads() if number > 0}
        if self._history is not None and self._ledger.uuid in known:
            self._history.end(why, what)

    def _withhold(self, number: int, error: Refused) -> None:
        """From now on its hash goes in its place: the chain stays whole, and everything behind it flows."""
        self._strikes = 0
        told = " ".join(f"{error.code} {error}".split())[:500]
        lines = [f"{one} {why}" for one, why in self.withheld.items()] + [f"{number} {told}"]
        self._ledger.remember(withheld="\n".join(lines))
        log.error("event_withheld", number=number, reason=error.code, error=str(error))


def _up_to_withheld(events: tuple[StoredEvent, ...], withheld: dict[int, str]) -> tuple[StoredEvent, ...]:
    """A withheld event travels alone; those before it travel first."""
    at = next((place for place, event in enumerate(events) if event.number in withheld), None)
    return events if at is None else events[: max(at, 1)]
