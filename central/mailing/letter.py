"""One mail as a value: whole, before anything is handed over."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Attachment:
    """One file that travels with a letter."""

    name: str
    content_type: str
    """For example `text/csv`; text is UTF-8."""
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What is handed over, to one recipient. The same letter again is the same mail: it keeps its Message-ID."""

    to: str
    """A bare address, without a name."""
    subject: str
    text: str
    html: str = ""
    message_id: str = ""
    """With its angle brackets. Empty: one is made when it is handed over, and a second attempt is another mail."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    """The thread from its first Message-ID on."""
    list_id: str = ""
    """With or without its angle brackets, for example `notices.dock.example`."""
    attachments: tuple[Attachment, ...] = ()
