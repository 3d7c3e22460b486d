"""The rounds in which a station speaks to central of itself: heartbeats, and the events in its outbox."""

from __future__ import annotations

from collections.abc import Callable

from agent.daemon.loops import Loop, Step
from agent.errors import AuthRefused, DockError
from agent.ports import Ledger
from agent.reporting.heartbeat import Pulse
from agent.reporting.outbox import Outbox
from agent.reporting.renewal import Renewal
from agent.rules.backoff import PATIENCE, heartbeat_wait

BETWEEN_BATCHES_S = 0.05
"""A long backlog of events leaves central room for footage in between."""
IDLE_S = 1.0


def calling_loop(
    name: str,
    step: Step,
    fail: Callable[[DockError], None],
    jitter: Callable[[], float],
    interval_s: float,
    begin_after_s: float = 0.0,
) -> Loop:
    """A loop that calls central, and leaves it in peace when it fails: its first tries are not a second apart."""
    return Loop(name, step, fail, jitter, begin_after_s, patience_s=interval_s / PATIENCE)


class CentralRounds:
    """Each method is one round: it makes its calls and answers how many seconds may pass until the next."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        pulse: Pulse,
        outbox: Outbox,
        refresh_roster: Callable[[], object],
        when_back: Callable[[], None],
        roster_confirmed: Callable[[], None] = lambda: None,
        renewal: Renewal | None = None,
        interval_s: float,
        jitter: Callable[[], float],
    ) -> None:
        """`when_back` is called when central answers a heartbeat for the first time, or again."""
        self._ledger = ledger
        self._pulse = pulse
        self._outbox = outbox
        self._refresh_roster = refresh_roster
        self._when_back = when_back
        self._roster_confirmed = roster_confirmed
        self._renewal = renewal
        self.interval_s = interval_s
        self._jitter = jitter

    def beat(self) -> float:
        """One heartbeat, and the roster if central has a newer one.

        Raises:
            DockError: see Pulse, Renewal and RosterKeeper.
        """
        was_away = self._pulse.store_epoch is None
        try:
            reply = self._pulse.beat()
        except AuthRefused as refusal:
            if self._renewal is None or not self._renewal.may_mend(refusal):
                raise
            self._renewal.renew()
            return IDLE_S
        if self._renewal is not None:
            self._renewal.heard(reply)
        if was_away:
            self._when_back()
        if reply.roster_etag != (self._ledger.note("roster_etag") or ""):
            self._refresh_roster()
        else:
            self._roster_confirmed()
        return heartbeat_wait(self.interval_s, self._jitter())

    def send_events(self) -> float:
        """One batch of events.

        Raises:
            DockError: see Outbox.
        """
        return BETWEEN_BATCHES_S if self._outbox.send() else IDLE_S
