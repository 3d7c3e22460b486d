"""Renews this PC's credential well before it ends, or after it ended while central was away."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from agent.errors import AuthRefused, DockError, Refused
from agent.ports import Clock, CredentialBook, HeartbeatReply
from protocol.messages import RenewAnswer, RenewRequest
from protocol.renewal import digest_of, proof_of

log = structlog.get_logger(__name__)

MENDED = frozenset({"credential_expired", "credential_superseded"})
"""Reasons of central that a renewal mends. Superseded: the next one was used, and this disk was put back since."""
REFUSED_FOR_NS = 3600 * 10**9
"""Who was refused asks again after so long: a person may have mended it."""


class Renewal:
    """The new credential is made and kept here first, then central is told its digest, then it takes the old one's
    place: whatever breaks in between, the next try goes on with the same two."""

    def __init__(self, book: CredentialBook, ask: Callable[[RenewRequest], RenewAnswer], clock: Clock) -> None:
        self._book = book
        self._ask = ask
        self._clock = clock
        self._expires_at = book.expires_at
        self._refused_ns: int | None = None
        self.trouble: DockError | None = None
        """Why the latest try failed; None: it did not, or none was due."""

    def heard(self, reply: HeartbeatReply) -> None:
        """Central answered a heartbeat: renew if it says that it is time. A failure is kept and tried again."""
        self._expires_at = reply.credential_expires_at
        renew_from = reply.renew_credential_from
        if renew_from is None or reply.server_time < renew_from:
            self.trouble = None
            return
        try:
            self.renew()
        except DockError as error:
            if self.trouble is None:
                log.warning("credential_not_renewed", code=error.code, error=str(error))
            self.trouble = error

    def may_mend(self, refusal: AuthRefused) -> bool:
        """Whether a renewal may help after central refused the credential so."""
        return refusal.reason in MENDED and not self._was_refused()

    def renew(self) -> None:
        """One try.

        Raises:
            DockError: central could not be asked, or does not renew it; the present credential stays.
        """
        if self._was_refused():
            return
        new = digest_of(self._book.intend())
        old = digest_of(self._book.token)
        signature = b64encode(self._book.sign(proof_of(self._book.station, old, new))).decode()
        wish = RenewRequest(station=self._book.station, old_sha256=old, new_sha256=new, signature=signature)
        try:
            answer = self._ask(wish)
        except Refused:
            self._refused_ns = self._clock.now().monotonic_ns
            raise
        self._book.adopt(answer.credential_expires_at)
        self._expires_at, self.trouble, self._refused_ns = answer.credential_expires_at, None, None
        log.info("credential_renewed", expires_at=str(answer.credential_expires_at))

    def days_left(self) -> float | None:
        """By central's clock as far as it was measured; None: it has no end."""
        if self._expires_at is None:
            return None
        return (self._expires_at - self._central_now()).total_seconds() / 86400

    def _central_now(self) -> datetime:
        now = self._clock.now()
        return now.wall - timedelta(milliseconds=now.offset_ms or 0.0)

    def _was_refused(self) -> bool:
        return self._refused_ns is not None and self._clock.now().monotonic_ns - self._refused_ns < REFUSED_FOR_NS
