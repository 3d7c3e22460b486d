"""A mailbox: a small mail server that keeps whatever arrives as a Maildir."""

from __future__ import annotations

import asyncio
import mailbox
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from simulator.demo.failures import StoryFailed

START_WITHIN_S = 10.0


@dataclass(frozen=True)
class Mail:
    """One mail as it arrived. It may arrive twice; its Message-ID then is the same."""

    to: tuple[str, ...]
    subject: str
    text: str
    """The plain part."""
    message_id: str
    thread: frozenset[str]
    """The Message-IDs that it answers or refers to."""
    arrived_at: datetime


class Mailbox:
    """Listens on a free port of this machine while it is open, in a thread of its own."""

    def __init__(self, folder: Path, arrived: Callable[[str, str], None]) -> None:
        """`arrived` is told the recipients and the subject of each mail."""
        self._maildir = mailbox.Maildir(folder, create=True)
        self._arrived = arrived
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="mailbox", daemon=True)
        self._server: asyncio.Server | None = None
        self.port = 0
        self.mails: tuple[Mail, ...] = ()
        """All that arrived, in order."""

    def open(self) -> None:
        """Raises StoryFailed: it does not listen."""
        self._thread.start()
        listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        try:
            self.port = listening.result(START_WITHIN_S)
        except (OSError, TimeoutError, ImportError) as error:
            raise StoryFailed(f"the mailbox does not listen: {error}") from error

    def close(self) -> None:
        """Idempotent."""
        if self._loop.is_closed():
            return
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop)
            self._thread.join(START_WITHIN_S)
        self._loop.close()

    def subjects_for(self, address: str) -> list[str]:
        """The subjects of all mails to this address, in the order in which they arrived."""
        return [mail.subject for mail in self.mails if address in mail.to]

    async def _listen(self) -> int:
        """The port."""
        from aiosmtpd.smtp import SMTP  # only the demo's set-up has it

        self._server = await self._loop.create_server(lambda: SMTP(self, loop=self._loop), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        if self._server is not None:
            self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        self._loop.stop()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's word
        """Called by aiosmtpd. The answer 250 is given when the mail is in the folder."""
        kept = mailbox.MaildirMessage(envelope.content)
        kept["X-RcptTo"] = ", ".join(envelope.rcpt_tos)
        self._maildir.add(kept)
        mail = _read(envelope.content, envelope.rcpt_tos)
        self.mails += (mail,)
        self._arrived(", ".join(mail.to), mail.subject)
        return "250 kept"


def _read(content: bytes, recipients: list[str]) -> Mail:
    message = message_from_bytes(content, policy=policy.default)
    plain = message.get_body(("plain",))
    return Mail(
        to=tuple(recipients),
        subject=str(message["Subject"]),
        text=plain.get_content() if plain else "",
        message_id=str(message["Message-ID"]),
        thread=frozenset(f"{message['In-Reply-To'] or ''} {message['References'] or ''}".split()),
        arrived_at=datetime.now(UTC),
    )
