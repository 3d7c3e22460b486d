"""Keys for programs that post a roster. A key is shown once; central keeps its digest alone."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from central.fleet.auditing import Change, keep_change, whoever_runs_this
from central.refusals import CommandRefused
from central.roster.models import Key

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
PREFIX = "dockkey_"
"""So that secret scanners and people recognise one where it should not be."""
NOTED_EVERY = timedelta(hours=1)


def add_key(name: str, now: datetime, *, by: str = "", secret: str = "") -> str:
    """A new key of this name, with `secret` in it if given.

    Raises:
        CommandRefused: the name is none, or a living key has it.
    """
    if not NAME.fullmatch(name):
        raise CommandRefused(f"{name!r} cannot name a key: use 1 to 64 letters, digits, '.', '_' or '-'")
    secret = PREFIX + (secret or secrets.token_urlsafe(32))
    with transaction.atomic():
        if Key.objects.filter(name=name, revoked_at=None).exists():
            raise CommandRefused(f"there is a key {name} already; to replace it run: dock-central key revoke {name}")
        Key.objects.create(name=name, secret_sha256=_digest(secret), made_at=now)
        keep_change(Change.KEY_ADDED, name, by=by or whoever_runs_this(), now=now)
    return secret


def revoke_key(name: str, now: datetime, *, by: str = "") -> None:
    """From now on the key opens nothing.

    Raises:
        CommandRefused: no living key has this name.
    """
    with transaction.atomic():
        if not Key.objects.filter(name=name, revoked_at=None).update(revoked_at=now):
            raise CommandRefused(f"there is no living key {name}; `dock-central key list` shows them")
        keep_change(Change.KEY_REVOKED, name, by=by or whoever_runs_this(), now=now)


def key_name_of(secret: str, now: datetime) -> str | None:
    """The name of the living key with this secret."""
    key = Key.objects.filter(secret_sha256=_digest(secret), revoked_at=None).first()
    if key is None:
        return None
    if key.used_at is None or now - key.used_at >= NOTED_EVERY:
        Key.objects.filter(pk=key.pk).update(used_at=now)
    return key.name


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
