"""One SMTP conversation: connection, sign-in, one letter after another. What an answer means is judged elsewhere."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.core.mail.utils import DNS_NAME

from central.config import Mail

STEP_S = 20.0
"""How long one step of the conversation may take: the connection, or the answer to one command."""
TAKING_S = 60.0
"""How long the server may take to answer for a whole letter. Filters are slow, and a letter that is given up too
early has often been taken: it would come twice."""
LETTER_S = 120.0
"""How long one letter may take in all. A server that sends a byte now and then would otherwise hold us for ever."""


class CannotBeUsed(Exception):
    """[mail] cannot be used as it is; nobody was asked. The message says why."""


class Answered(Exception):
    """The server said no to one step."""

    def __init__(self, step: str, code: int, words: bytes) -> None:
        super().__init__(step, code, words)
        self.step, self.code, self.words = step, code, words


class Conversation:
    """An open, signed-in conversation.

    Raises:
        CannotBeUsed, OSError: there is none. (Every SMTPException is an OSError.)
    """

    def __init__(self, mail: Mail) -> None:
        self.letters = 0
        """How many were taken."""
        self.content_sent = False
        """Of the last letter: the server may have it, whatever it says or does not say."""
        password = _password(mail)
        self._smtp = _connected(mail)
        try:
            with self._in_time():
                if mail.security == "starttls":
                    self._smtp.starttls(context=ssl.create_default_context())
                self._smtp.ehlo_or_helo_if_needed()
                if mail.username:
                    self._smtp.login(mail.username, password)
        except BaseException:
            self.close()
            raise

    def hand_over(self, sender: str, to: str, content: bytes) -> None:
        """When this returns, the server has taken it.

        Raises:
            Answered: it said no; the conversation goes on, unless it said 421.
            OSError: the conversation is over, and whether the letter was taken is not known.
        """
        self.content_sent = False
        with self._in_time():
            size = [f"size={len(content)}"] if self._smtp.has_extn("size") else []
            self._step("MAIL", self._smtp.mail(sender, size))
            self._step("RCPT", self._smtp.rcpt(to))
            self._taking(content)
        self.letters += 1

    def forget(self) -> None:
        """End the letter that was begun, so that the next may begin. If the server is gone, the next step notices."""
        with suppress(OSError), self._in_time():
            self._smtp.rset()

    def close(self) -> None:
        """Part politely from a server that listens, and from any other at once."""
        with suppress(OSError), self._in_time():
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(min(STEP_S, 2.0))
                self._smtp.quit()
        self._smtp.close()

    def _taking(self, content: bytes) -> None:
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(TAKING_S)
        self.content_sent = True
        try:
            self._step("DATA", self._smtp.data(content))
        except smtplib.SMTPDataError as error:
            raise Answered("DATA", error.smtp_code, _bytes(error.smtp_error)) from error
        if self._smtp.sock is not None:
            self._smtp.sock.settimeout(STEP_S)

    def _step(self, step: str, answer: tuple[int, bytes]) -> None:
        code, words = answer
        if code == -1:
            raise smtplib.SMTPServerDisconnected(f"no SMTP answer: {words!r}")
        if not 200 <= code < 300:
            raise Answered(step, code, words)

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Cuts the line when what is inside takes longer than `LETTER_S` in all."""
        timer = threading.Timer(LETTER_S, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _cut(self) -> None:
        with suppress(OSError, AttributeError):
            self._smtp.sock.shutdown(socket.SHUT_RDWR)


def _connected(mail: Mail) -> smtplib.SMTP:
    """A fully qualified name of this machine costs a look-up: once per process, not once per connection."""
    if not mail.host:
        raise CannotBeUsed('[mail] names no host, so no mail is sent. Set for example host = "mail.example"')
    name = DNS_NAME.get_fqdn()
    if mail.security == "tls":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(mail.host, mail.port, local_hostname=name, timeout=STEP_S, context=context)
    return smtplib.SMTP(mail.host, mail.port, local_hostname=name, timeout=STEP_S)


def _password(mail: Mail) -> str:
    """The first line of the password file. Read for every conversation: a new password needs no restart."""
    if not mail.username:
        return ""
    if not mail.password_file:
        raise CannotBeUsed(f"[mail] username is {mail.username!r}, but there is no password_file")
    try:
        first = Path(mail.password_file).read_text(encoding="utf-8").split("\n", 1)[0].strip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise CannotBeUsed(f"[mail] password_file {mail.password_file} cannot be read: {error}") from error
    if not first:
        raise CannotBeUsed(f"[mail] password_file {mail.password_file} is empty")
    return first


def _bytes(words: bytes | str) -> bytes:
    return words.encode() if isinstance(words, str) else words
