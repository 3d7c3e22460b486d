"""Letters to the server that [mail] names, over one connection. Each letter gets exactly one answer."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from django.core.mail.utils import DNS_NAME

from central import clock
from central.config import Mail
from central.mailing.conversation import Answered, CannotBeUsed, Conversation
from central.mailing.letter import Letter
from central.mailing.message import Unusable, address, mailbox, message
from central.mailing.words import why

_CLOSING = 421
_TOO_BIG = 552
_NOT_SIGNED_IN = frozenset({530, 534, 535, 538, 503})
_POLICY = re.compile(rb"5\.7\.\d+")
_BREAKS_IN_A_ROW = 2


class Outcome(StrEnum):
    TAKEN = "taken"
    """The server answers for it now."""
    TRY_LATER = "try_later"
    """Not taken, or not known: the same letter again, with the same Message-ID."""
    REFUSED = "refused"
    """Never: this recipient or this letter is not taken."""


@dataclass(frozen=True)
class Handed:
    """What became of one letter."""

    letter: Letter
    outcome: Outcome
    why: str = ""
    """For people; empty when it was taken."""
    server_trouble: bool = False
    is_about_recipient: bool = False
    """The server answered, and its answer was to this recipient or letter, whatever it blames."""
    """The server or our account at it: nothing that this letter or its recipient could mend."""
    maybe_taken: bool = False
    """The server may have it all the same: whoever says something else instead may be heard twice."""

    @property
    def retry(self) -> bool:
        return self.outcome is Outcome.TRY_LATER


class MailRefused(Exception):
    """The mail was not handed over; the message says why and what to do."""


def hand_over(mail: Mail, letters: Iterable[Letter]) -> Iterator[Handed]:
    """One answer for each letter, in order, each as soon as it is known. Raises nothing of its own."""
    sending = _Sending(mail)
    try:
        for letter in letters:
            yield sending.hand_over(letter)
    finally:
        sending.close()


def send(mail: Mail, to: str, subject: str, body: str, *, message_id: str | None = None) -> None:
    """Hand one mail over: when this returns, the mail server has taken it.

    Raises:
        MailRefused: it did not, or [mail] cannot be used.
    """
    for handed in hand_over(mail, [Letter(to, subject, body, message_id=message_id or "")]):
        if handed.outcome is not Outcome.TAKEN:
            raise MailRefused(handed.why)


def sender(mail: Mail) -> str:
    """The address that mails come from."""
    return mail.sender or f"dock-central@{DNS_NAME.get_fqdn()}"


class _Sending:
    """One run over some letters: opens a conversation when it needs one, gives the server up when it is no use."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._from = sender(mail)
        self._conversation: Conversation | None = None
        self._breaks = 0
        self._any_taken = False
        self._given_up = ""

    def close(self) -> None:
        if self._conversation is not None:
            self._conversation.close()
            self._conversation = None

    def hand_over(self, letter: Letter) -> Handed:
        if self._given_up:
            return _server_trouble(letter, self._given_up)
        try:
            ours = mailbox(self._from).addr_spec
        except Unusable as error:
            self._given_up = f"[mail] from cannot be used: {error}"
            return _server_trouble(letter, self._given_up)
        try:
            to = address(letter.to).addr_spec
            content = message(letter, self._from, clock.now()).as_bytes()
        except Unusable as error:
            return Handed(letter, Outcome.REFUSED, f"no mail can be made of it: {error}")
        return self._try(letter, ours, to, content)

    def _try(self, letter: Letter, ours: str, to: str, content: bytes) -> Handed:
        """A server may part after so many letters. Only then, and before it had this one, it is asked once more."""
        used = self._conversation is not None and self._conversation.letters > 0
        try:
            self._hand_over(ours, to, content)
        except Answered as error:
            if used and (error.code == _CLOSING or error.step == "MAIL") and error.step != "DATA":
                self.close()
                return self._try(letter, ours, to, content)
            return self._refused(letter, to, error)
        except (OSError, CannotBeUsed) as error:
            if used and self._left_before_the_letter():
                self.close()
                return self._try(letter, ours, to, content)
            return self._broken(letter, to, error)
        self._breaks, self._any_taken = 0, True
        return Handed(letter, Outcome.TAKEN)

    def _hand_over(self, ours: str, to: str, content: bytes) -> None:
        if self._conversation is None:
            self._conversation = Conversation(self._mail)
        self._conversation.hand_over(ours, to, content)

    def _left_before_the_letter(self) -> bool:
        return self._conversation is not None and not self._conversation.content_sent

    def _refused(self, letter: Letter, to: str, error: Answered) -> Handed:
        said = why(error, self._mail, self._from, to)
        if error.code == _CLOSING:
            self.close()
            return self._after_a_break(letter, said)
        if self._conversation is not None:
            self._conversation.forget()
        if _blames_us(error):
            if error.step == "MAIL":
                self._given_up = said
            about_us = error.step == "MAIL"
            put_off = replace(_server_trouble(letter, said), is_about_recipient=not about_us)
            return replace(put_off, server_trouble=about_us or not self._any_taken)
        outcome = Outcome.TRY_LATER if _is_passing(error.code) else Outcome.REFUSED
        return Handed(letter, outcome, said, is_about_recipient=True)

    def _broken(self, letter: Letter, to: str, error: Exception) -> Handed:
        said = why(error, self._mail, self._from, to)
        in_doubt = self._conversation is not None and self._conversation.content_sent
        if in_doubt:
            said += ". Whether it took the mail is not known: the same mail goes again"
        if self._conversation is None:  # not even a conversation: asking again for each letter helps nobody
            self._given_up = said
        self.close()
        return replace(self._after_a_break(letter, said), maybe_taken=in_doubt)

    def _after_a_break(self, letter: Letter, said: str) -> Handed:
        """One letter at which a server hangs up keeps no other back; a server that always does is given up."""
        self._breaks += 1
        if self._breaks >= _BREAKS_IN_A_ROW:
            self._given_up = said
        return _server_trouble(letter, said)


def _blames_us(error: Answered) -> bool:
    """The sender, the account, or a relay that we may not use: no recipient is refused for it.

    5.7 is "not authorised". A wrong [mail] would otherwise mark each supervisor's address as a bad one, for ever. A
    server that has just taken another letter means this recipient, but nobody can tell whether for good.
    """
    if error.step == "MAIL":
        return error.code != _TOO_BIG
    return error.code in _NOT_SIGNED_IN or (error.step == "RCPT" and bool(_POLICY.search(error.words)))


def _is_passing(code: int) -> bool:
    return not 500 <= code < 600


def _server_trouble(letter: Letter, said: str) -> Handed:
    return Handed(letter, Outcome.TRY_LATER, said, server_trouble=True)
