"""Keeps the last good roster, and its age, through days without central."""

from __future__ import annotations

from datetime import datetime, timedelta

from agent.ports import Central, Clock, Ledger

CONFIRM_EVERY = timedelta(minutes=5)
"""Its age is shown in minutes: no need to write it down with every heartbeat."""


class RosterKeeper:
    """Promises that a failed or unchanged fetch never costs the roster that is already here."""

    def __init__(self, ledger: Ledger, central: Central, clock: Clock) -> None:
        self._ledger = ledger
        self._central = central
        self._clock = clock

    def refresh(self) -> bool:
        """Ask central for a newer roster; whether there was one.

        Raises:
            RetryLater, Refused: the old roster stays.
        """
        answer = self._central.roster(self._ledger.note("roster_etag") or "")
        fetched_at = self._clock.now().wall.isoformat()
        if answer is None:
            self._ledger.remember(roster_at=fetched_at)
            return False
        body, etag = answer
        self._ledger.remember(roster=body.decode(), roster_etag=etag, roster_at=fetched_at)
        return True

    def confirmed(self) -> None:
        """Central said, with a heartbeat, that the roster is still the one that is here."""
        last, now = self._ledger.note("roster_at"), self._clock.now().wall
        if last is not None and now - datetime.fromisoformat(last) >= CONFIRM_EVERY:
            self._ledger.remember(roster_at=now.isoformat())
