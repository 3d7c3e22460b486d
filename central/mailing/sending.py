"""One mail to one address through the server that [mail] names. What goes wrong is told in people's words."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from pathlib import Path

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend
from django.core.mail.utils import DNS_NAME

from central.config import Mail

TIMEOUT_S = 20
"""How long one step of the conversation with the mail server may take."""


class MailRefused(Exception):
    """The mail was not handed over; the message says why and what to do."""


def send(mail: Mail, to: str, subject: str, body: str, *, message_id: str | None = None) -> None:
    """Hand one mail over: when this returns, the mail server has taken it.

    Raises:
        MailRefused: it did not, or [mail] cannot be used.
    """
    headers = {} if message_id is None else {"Message-ID": message_id}
    try:
        message = EmailMessage(subject, body, sender(mail), [to], headers=headers)
        connection = message.connection = _connection(mail)
        try:
            message.send()
        finally:
            with suppress(OSError):  # Django leaves a conversation open that broke off in the middle
                connection.close()
    except (OSError, ValueError) as error:  # every SMTPException is an OSError
        raise MailRefused(_why(error, mail, to)) from error


def sender(mail: Mail) -> str:
    """The address that mails come from."""
    return mail.sender or f"dock-central@{DNS_NAME.get_fqdn()}"


def _connection(mail: Mail) -> EmailBackend:
    if not mail.host:
        raise MailRefused('[mail] names no host, so no mail is sent. Set for example host = "mail.example"')
    return EmailBackend(
        host=mail.host,
        port=mail.port,
        username=mail.username,
        password=_password(mail),
        use_tls=mail.security == "starttls",
        use_ssl=mail.security == "tls",
        timeout=TIMEOUT_S,
    )


def _password(mail: Mail) -> str:
    """The first line of the password file. Read for every mail: a new password needs no restart."""
    if not mail.username:
        return ""
    if not mail.password_file:
        raise MailRefused(f"[mail] username is {mail.username!r}, but there is no password_file")
    try:
        first = Path(mail.password_file).read_text(encoding="utf-8").split("\n", 1)[0].strip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise MailRefused(f"[mail] password_file {mail.password_file} cannot be read: {error}") from error
    if not first:
        raise MailRefused(f"[mail] password_file {mail.password_file} is empty")
    return first


def _why(error: Exception, mail: Mail, to: str) -> str:
    """The order matters: the narrow errors stand before the wide ones they derive from."""
    server = f"{mail.host} port {mail.port}"
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"{server} refused the sign-in as {mail.username!r} ({_said(error)}): check username and password"
        case smtplib.SMTPNotSupportedError():
            return f'{server} does not offer what [mail] asks for: {error}. security = "{mail.security}" may be wrong'
        case smtplib.SMTPRecipientsRefused():
            code, words = error.recipients.get(to, (0, b""))
            return f"{server} refused the recipient {to} ({code} {_text(words)})"
        case smtplib.SMTPSenderRefused():
            return f"{server} refused the sender {error.sender} ({_said(error)}): check [mail] from and username"
        case smtplib.SMTPResponseException():
            return f"{server} refused the mail ({_said(error)})"
        case smtplib.SMTPServerDisconnected() if isinstance(error.__context__, TimeoutError):
            return _too_slow(server)
        case smtplib.SMTPServerDisconnected():
            return f"{server} hung up: {error}"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {server} is not to be trusted: {error.verify_message}"
        case ssl.SSLError():
            return f'{server} does not speak TLS as security = "{mail.security}" asks: {error.reason or error}'
        case TimeoutError():
            return _too_slow(server)
        case socket.gaierror():
            return f"the host {mail.host!r} of [mail] is not known: {error.strerror}"
        case ConnectionRefusedError():
            return f"nothing listens at {server} (connection refused): check [mail] host and port"
        case _:
            return f"{server}: {error}"


def _too_slow(server: str) -> str:
    return (
        f"{server} did not answer within {TIMEOUT_S} s: check host, port and firewall. "
        'A server that speaks TLS at once needs security = "tls"'
    )


def _said(error: smtplib.SMTPResponseException) -> str:
    return f"{error.smtp_code} {_text(error.smtp_error)}".strip()


def _text(words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return " ".join(text.split())
