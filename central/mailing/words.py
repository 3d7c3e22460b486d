"""What a mail server said or did, in people's words: what happened and what to do."""

from __future__ import annotations

import smtplib
import socket
import ssl

from central.config import Mail
from central.mailing import conversation
from central.mailing.conversation import Answered, CannotBeUsed

_LONGEST = 300


def why(error: Exception, mail: Mail, sender: str, to: str) -> str:
    """The order matters: the narrow errors stand before the wide ones they derive from."""
    server = f"{mail.host} port {mail.port}"
    match error:
        case CannotBeUsed():
            return str(error)
        case Answered():
            return _answered(error, server, sender, to)
        case smtplib.SMTPAuthenticationError():
            said = _said(error.smtp_code, error.smtp_error)
            return f"{server} refused the sign-in as {mail.username!r} ({said}): check username and password"
        case smtplib.SMTPNotSupportedError():
            return f'{server} does not offer what [mail] asks for: {error}. security = "{mail.security}" may be wrong'
        case smtplib.SMTPResponseException():
            return f"{server} refused the conversation ({_said(error.smtp_code, error.smtp_error)})"
        case _:
            return _broke(error, mail, server)


def _answered(error: Answered, server: str, sender: str, to: str) -> str:
    said = _said(error.code, error.words)
    match error.step:
        case "MAIL":
            return f"{server} refused the sender {sender} ({said}): check [mail] from and username"
        case "RCPT":
            return f"{server} refused the recipient {to} ({said})"
        case _:
            return f"{server} refused the mail ({said})"


def _broke(error: Exception, mail: Mail, server: str) -> str:
    match error:
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
        f"{server} did not answer within {conversation.STEP_S:g} s: check host, port and firewall. "
        'A server that speaks TLS at once needs security = "tls"'
    )


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    printable = "".join(char if char.isprintable() else " " for char in text)
    return f"{code} {' '.join(printable.split())[:_LONGEST]}".strip()
