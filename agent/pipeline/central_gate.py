"""While central cannot be reached, one question at a time goes out, not one per file."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from uuid import UUID

from agent.errors import AuthRefused, DockError, ProtocolViolation, RetryLater
from agent.rules.backoff import next_delay

NO_CONNECTION = frozenset({"name_unknown", "unreachable", "connection_lost", "stalled", "tls"})
ABOUT_CENTRAL = NO_CONNECTION | {"central_busy", "central_failed", "central_full"}
"""Troubles that may be everyone's. Every other RetryLater is one asset's own."""


def is_about_central(trouble: DockError) -> bool:
    """Whether this trouble may concern every file, not only the one it met."""
    if isinstance(trouble, AuthRefused | ProtocolViolation):
        return True
    return isinstance(trouble, RetryLater) and trouble.code in ABOUT_CENTRAL


class CentralGate:
    """Open: everyone goes. Shut: one probe at a time, on the backoff curve. One asset in trouble never holds up
    the others: until a second one has met the trouble, any other may probe at once."""

    def __init__(self, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._lock = threading.Lock()
        self._trouble: DockError | None = None
        self._met_by: set[UUID] = set()
        self._failures = 0
        self._probe_ns = 0
        self._probing: UUID | None = None

    @property
    def trouble(self) -> DockError | None:
        """Why it is shut; None while it is open."""
        return self._trouble

    @property
    def is_away(self) -> bool:
        """It is shut, and for more than one asset."""
        return self._trouble is not None and len(self._met_by) > 1

    @property
    def probe_ns(self) -> int:
        """Monotonic instant of the next probe while it is shut."""
        return self._probe_ns

    def may_enter(self, asset_id: UUID, now_ns: int) -> bool:
        """Whether this asset may be worked on now; while the gate is shut it is then the probe."""
        with self._lock:
            if self._trouble is None:
                return True
            second_opinion = len(self._met_by) < 2 and asset_id not in self._met_by
            if self._probing is not None or (now_ns < self._probe_ns and not second_opinion):
                return False
            self._probing = asset_id
            return True

    def passed(self) -> None:
        """Central answered."""
        with self._lock:
            self._open()

    def connected(self) -> None:
        """Central answered something else, such as a heartbeat: there is a connection again."""
        with self._lock:
            if self._trouble is not None and self._trouble.code in NO_CONNECTION:
                self._open()

    def _open(self) -> None:
        self._trouble, self._probing, self._failures = None, None, 0
        self._met_by.clear()

    def failed(self, asset_id: UUID, trouble: DockError, now_ns: int) -> None:
        """A trouble that may be everyone's."""
        asked = trouble.retry_after_s if isinstance(trouble, RetryLater) else None
        with self._lock:
            if self._trouble is None or self._probing == asset_id:
                # Those still in flight when it shut say nothing new; only probes move along the curve.
                self._failures += 1
                self._probe_ns = now_ns + int(next_delay(self._failures, self._jitter(), asked) * 1e9)
                self._probing = None
            self._trouble = trouble
            self._met_by.add(asset_id)

    def left(self, asset_id: UUID) -> None:
        """If this was the probe, it ended without a word about central: another may probe."""
        with self._lock:
            if self._probing == asset_id:
                self._probing = None
