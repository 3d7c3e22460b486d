"""Tells central that this station lives, how old each loop's last round is, and how far it has watched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from agent.errors import DockError
from agent.ports import Central, Clock, HeartbeatReply, Ledger
from agent.reporting.history import HistoryWatch
from protocol.messages import Heartbeat, encode


class Pulse:
    """Always sent, healthy or not: only then can central tell *unhealthy* from *silent*."""

    def __init__(
        self,
        ledger: Ledger,
        central: Central,
        clock: Clock,
        gather: Callable[[int], Heartbeat],
        history: HistoryWatch | None = None,
    ) -> None:
        self._ledger = ledger
        self._central = central
        self._clock = clock
        self._gather = gather
        self._history = history
        self.trouble: DockError | None = None
        """Why the latest heartbeat failed; None when it was answered."""
        self.parked_events = 0
        """Of this station, at central: kept there and not understood."""
        self.store_epoch: int | None = None
        """What central said in the latest answer; None while it cannot be reached."""
        self.roster_etag = ""
        self.sequence = int(ledger.note("heartbeat_sequence") or 0)
        """Of the latest heartbeat that was tried; grows for as long as the ledger lives."""
        self.failed = 0
        """Heartbeats since the last one that was answered, in this run."""
        self.attempted_at = _noted(ledger, "heartbeat_attempted_at")
        self.answered_at = _noted(ledger, "heartbeat_answered_at")
        """By our clock; of an earlier run until the first of this one."""

    def beat(self) -> HeartbeatReply:
        """Send one heartbeat and learn central's time, epoch and roster version.

        Raises:
            RetryLater, Refused: central did not take it; `store_epoch` is None until it does.
            LedgerEnded: central holds another history of this ledger.
        """
        try:
            reply = self._beat()
        except Exception:
            self.failed += 1
            raise
        self.failed = 0
        return reply

    def _beat(self) -> HeartbeatReply:
        self.sequence = sequence = int(self._ledger.note("heartbeat_sequence") or 0) + 1
        # The attempt is recorded before the call: a failing central is not hammered after a crash.
        self.attempted_at = self._clock.now().wall
        self._ledger.remember(heartbeat_sequence=str(sequence), heartbeat_attempted_at=self.attempted_at.isoformat())
        body = encode(self._gather(sequence))  # before the clock is read: it reads the ledger, which takes time
        acknowledged = int(self._ledger.note("acknowledged") or 0)
        before = self._clock.now()
        try:
            reply = self._central.post_heartbeat(body)
        except DockError as error:
            self.store_epoch, self.trouble = None, error
            raise
        self.trouble, self.parked_events = None, reply.parked_events
        if self._history is not None:
            self._history.heard(reply, acknowledged)  # before the epoch is believed
        after = self._clock.now()
        middle = before.wall + (after.wall - before.wall) / 2
        offset_ms = (middle - reply.server_time).total_seconds() * 1000
        self._clock.measured(offset_ms, reply.round_trip_ms / 2)
        self.store_epoch = reply.store_epoch
        self.roster_etag = reply.roster_etag
        self.answered_at = after.wall
        news = {"heartbeat_answered_at": after.wall.isoformat()}
        if reply.store_epoch != int(self._ledger.note("store_epoch") or -1):
            news["store_epoch"] = str(reply.store_epoch)
        self._ledger.remember(**news)
        return reply

    @property
    def unanswered_since(self) -> datetime | None:
        """When the last heartbeat was tried, if nobody answered it: perhaps by an earlier run."""
        was_answered = self.answered_at is not None and self.attempted_at is not None
        if was_answered and self.answered_at >= self.attempted_at:  # type: ignore[operator]
            return None
        return self.attempted_at


def _noted(ledger: Ledger, name: str) -> datetime | None:
    noted = ledger.note(name)
    return datetime.fromisoformat(noted) if noted else None
