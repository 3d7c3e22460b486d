"""The credential of this PC, as it is kept."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class CredentialBook(Protocol):
    """What a renewal needs of the credential. Whatever a method says is durable when it returns; where it raises
    NeedsOperator nothing has changed. A power cut at any instant leaves a credential that works."""

    @property
    def station(self) -> str: ...
    @property
    def token(self) -> str:
        """What goes with every request."""

    @property
    def next_token(self) -> str:
        """What was intended and not adopted yet; empty: nothing."""

    @property
    def expires_at(self) -> datetime | None:
        """Of `token`; None: it has no end."""

    def intend(self) -> str:
        """The token that is to take this one's place: the same one until it is adopted. `token` stays."""

    def adopt(self, expires_at: datetime | None) -> None:
        """The intended token takes this one's place. To be called once central has taken it."""

    def sign(self, content: bytes) -> bytes:
        """By the PC's own key, whose public half central knows since the enrolment."""
