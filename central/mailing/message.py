"""A letter as one RFC 5322 message. Whatever stands in a letter, it can neither add nor end a header."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, make_msgid

from central.mailing.letter import Attachment, Letter

LONGEST_SUBJECT = 112
"""Characters; what is longer is cut. Folding adds a space here and there: it stays below 120 all the same."""
_LONGEST_NAME = 64
_NEVER_SHOWN = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
"""Characters that turn the direction of the text around them: a name must not rewrite the words beside it."""
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_HOST = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_NAMED = re.compile(r"\s*(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>\s*")
_MESSAGE_ID = re.compile(r"<[!-;=?A-~]+@[!-;=?A-~]+>")
_LIST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]*")


class Unusable(Exception):
    """This letter can never become a mail; the message says why, for people."""


class _Wire(EmailPolicy):
    """As `email.policy.SMTP`, but identifiers are folded between themselves only: the library would turn a long one
    into an encoded word, and no mail program finds its thread by that."""

    _identifiers = frozenset({"message-id", "in-reply-to", "references", "list-id"})

    def fold(self, name: str, value: str) -> str:
        if name.lower() in self._identifiers:
            return f"{name}: " + "\r\n ".join(str(value).split()) + "\r\n"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: str) -> bytes:
        if name.lower() in self._identifiers:
            return self.fold(name, value).encode("ascii")
        return super().fold_binary(name, value)


WIRE = _Wire(linesep="\r\n", raise_on_defect=False)


def message(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The whole message, ready to be handed over. `sender` is an address or `Name <address>`.

    Raises:
        Unusable: an address or an identifier is none.
    """
    mail = EmailMessage(policy=WIRE)
    mail["From"] = mailbox(sender)
    mail["To"] = address(letter.to)
    mail["Subject"] = one_line(letter.subject, LONGEST_SUBJECT)
    mail["Date"] = format_datetime(at)
    mail["Message-ID"] = _identifier(letter.message_id) or make_msgid(domain=mailbox(sender).domain)
    for name, value in _optional_headers(letter).items():
        if value:
            mail[name] = value
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(body(letter.text), cte="quoted-printable")
    if letter.html:
        mail.add_alternative(body(letter.html), subtype="html", cte="quoted-printable")
    for attachment in letter.attachments:
        _attach(mail, attachment)
    return mail


def mailbox(text: str) -> Address:
    """Of a sender: an address, or `Name <address>`.

    Raises:
        Unusable: it is none that every mail server takes.
    """
    named = _NAMED.fullmatch(text)
    if not named:
        return address(text)
    found = address(named["address"])
    name = one_line(named["name"].strip('"'), _LONGEST_NAME)
    return Address(display_name=name, username=found.username, domain=found.domain)


def address(text: str) -> Address:
    """A bare address. A host beyond ASCII is written as mail servers know it.

    Raises:
        Unusable: it is none that every mail server takes.
    """
    local, _, host = text.strip().rpartition("@")
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as error:
        raise Unusable(f"{text!r} is no mail address: {error}") from error
    if not local.isascii():
        raise Unusable(f"{text!r} has letters beyond ASCII before the @, which many mail servers refuse: use another")
    if not _LOCAL_PART.fullmatch(local) or len(local) > 64 or not _HOST.fullmatch(host) or len(host) > 253:
        raise Unusable(f"{text!r} is no mail address")
    return Address(username=local, domain=host)


def one_line(text: str, longest: int) -> str:
    """`text` on one line: no control characters, nothing that reads like an encoded word, cut at `longest`."""
    shown = "".join(" " if _ends_lines(char) else char for char in text if char not in _NEVER_SHOWN)
    # The library decodes `=?utf-8?q?=0A?=` when a header is set and has been known to write the line break out.
    words = " ".join(shown.replace("=?", "= ?").split())
    return words if len(words) <= longest else words[: longest - 1].rstrip() + "…"


def body(text: str) -> str:
    """`text` with plain line ends, without what cannot be written."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if char not in "\n\t" and _ends_lines(char) else char for char in lines if char not in _NEVER_SHOWN
    )


def _ends_lines(char: str) -> bool:
    """Control characters, halves of surrogate pairs, line and paragraph separators."""
    return unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}


def _optional_headers(letter: Letter) -> dict[str, str]:
    list_id = letter.list_id.strip("<> ")
    if list_id and not _LIST_ID.fullmatch(list_id):
        raise Unusable(f"{letter.list_id!r} is no List-Id")
    return {
        "In-Reply-To": _identifier(letter.in_reply_to),
        "References": " ".join(map(_identifier, letter.references)),
        "List-Id": f"<{list_id}>" if list_id else "",
    }


def _identifier(text: str) -> str:
    if text and not _MESSAGE_ID.fullmatch(text):
        raise Unusable(f"{text!r} is no Message-ID")
    return text


def _attach(mail: EmailMessage, attachment: Attachment) -> None:
    kind, _, subkind = attachment.content_type.partition("/")
    if not re.fullmatch(r"[a-z]+", kind) or not re.fullmatch(r"[a-z0-9.+-]+", subkind):
        raise Unusable(f"{attachment.content_type!r} is no type of content")
    name = one_line(attachment.name, _LONGEST_NAME).translate({ord(char): "_" for char in '/\\":;<>|?*'})
    mail.add_attachment(attachment.content, maintype=kind, subtype=subkind, filename=name or "attachment")
    if kind == "text":
        list(mail.iter_attachments())[-1].set_param("charset", "utf-8")
