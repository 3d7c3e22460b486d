"""Carrying a form out once, however often it arrives; and secrets that are shown and kept nowhere.

A secret (a station's code, a key) is made of the form's token and central's own secret key. The token is in the form
alone, so nobody can make the secret again from what central keeps; but the same form that arrives twice (a double
click, an answer lost on its way) is answered with the same secret, for two minutes and for the same person.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

from central.administration.models import FormDone
from central.fleet.enrolment import CODE_ALPHABET, code_of

SHOWN_AGAIN_FOR = timedelta(minutes=2)
FORGOTTEN_AFTER = timedelta(days=7)


@dataclass(frozen=True)
class Form:
    """One form that arrived."""

    token: UUID
    by: str
    at: datetime


def carry_out(form: Form, act: Callable[[], object]) -> FormDone | None:
    """Run `act`, or return who carried this form out before. A form whose act is refused was not carried out."""
    with transaction.atomic():
        done, is_new = FormDone.objects.get_or_create(
            token_sha256=_digest(form.token), defaults={"done_by": form.by[:255], "done_at": form.at}
        )
        if not is_new:
            return done
        FormDone.objects.filter(done_at__lt=form.at - FORGOTTEN_AFTER).delete()
        act()
        return None


def was_done(token: UUID) -> bool:
    """Whether a form with this token was carried out."""
    return FormDone.objects.filter(pk=_digest(token)).exists()


def may_see_again(done: FormDone, form: Form) -> bool:
    return done.done_by == form.by[:255] and form.at - done.done_at <= SHOWN_AGAIN_FOR


def code_for(token: UUID, station_id: str) -> str:
    """The enrolment code that this form makes for a station."""
    number = int.from_bytes(_secret(token, f"code {station_id}"), "big")
    letters = []
    for _ in range(20):
        number, letter = divmod(number, len(CODE_ALPHABET))
        letters.append(CODE_ALPHABET[letter])
    return code_of("".join(letters))


def key_for(token: UUID) -> str:
    """The secret part of the key that this form makes."""
    return base64.urlsafe_b64encode(_secret(token, "key")).decode().rstrip("=")


def _secret(token: UUID, purpose: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"form {token} {purpose}".encode(), hashlib.sha256).digest()


def _digest(token: UUID) -> str:
    return hashlib.sha256(str(token).encode()).hexdigest()
