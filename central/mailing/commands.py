"""The command `mail test`."""

from __future__ import annotations

import argparse
import re

from django.conf import settings

from central import clock
from central.mailing.sending import MailRefused, send, sender
from central.refusals import CommandRefused

_SUBJECT = "[Dock] Test mail"
_BODY = """\
This mail shows that central can send mail with the settings of [mail] in its central.toml.
Nobody needs to do anything.

Sent {at:%Y-%m-%d %H:%M:%S} UTC from {sender} by way of {host}, port {port}, security {security}.
"""


def send_test(options: argparse.Namespace) -> None:
    print(mail_test(options.address))


def mail_test(address: str) -> str:
    """Send one mail and say who took it.

    Raises:
        CommandRefused: it is no address, or nobody took the mail; the message says why.
    """
    to = address.strip()
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", to):
        raise CommandRefused(f"{address!r} is no mail address; nothing was sent")
    mail = settings.CONFIG.mail
    body = _BODY.format(at=clock.now(), sender=sender(mail), host=mail.host, port=mail.port, security=mail.security)
    try:
        send(mail, to, _SUBJECT, body)
    except MailRefused as error:
        raise CommandRefused(f"no mail was sent: {error} ({settings.DATA.config})") from error
    return f"{mail.host} port {mail.port} took a test mail for {to}. Look into that mailbox."
