"""The life of a credential: whose it is, until when it is good, and how the PC that holds it gets the next one."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db import transaction
from django.db.models import QuerySet

from central.config import Stations
from central.fleet.auditing import Change, keep_change
from central.fleet.models import Credential
from protocol.messages import RenewRequest
from protocol.renewal import digest_of, proof_of

log = structlog.get_logger()

RENEW_AFTER = 2 / 3
"""Of its life. What is left is for a station that is away."""


class Worth(StrEnum):
    """What a credential that was shown is worth; all but `GOOD` are the code of a refusal."""

    GOOD = "good"
    UNKNOWN = "unauthorized"
    REVOKED = "credential_revoked"
    SUPERSEDED = "credential_superseded"
    """It was renewed, and the new one has been used since: by another PC, or before this one's disk was put back."""
    EXPIRED = "credential_expired"


@dataclass(frozen=True)
class Shown:
    worth: Worth
    station: str = ""
    """Empty where nobody knows the credential."""


class RenewalRefused(Exception):
    """Nothing was changed. `code` is one word, the message says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Term:
    """Until when a station's credential is good, and from when on it should be renewed."""

    expires_at: datetime | None = None
    renew_from: datetime | None = None


def shown(token: str, now: datetime) -> Shown:
    """Whose credential this is and what it is worth. The first use of a renewed one ends the one before."""
    found = Credential.objects.filter(token_sha256=digest_of(token)).first()
    if found is None:
        return Shown(Worth.UNKNOWN)
    if found.revoked_at is None and found.used_at is None and not _is_over(found, now):
        _take_up(found, now)
    return Shown(_worth(found, now), found.station_id)


def renew(wish: RenewRequest, limits: Stations, now: datetime) -> datetime | None:
    """Take the PC's new credential beside its old one, and answer until when it is good.

    The old one goes on until the new one is used. The same wish again changes nothing. One that was superseded may
    be renewed too: a disk that was put back comes back by itself, and of two PCs with one key neither is shut out.

    Raises:
        RenewalRefused: the old one is unknown, revoked or ended too long ago; or the PC's own key did not sign.
    """
    with transaction.atomic():
        old = Credential.objects.filter(token_sha256=wish.old_sha256, station_id=wish.station).first()
        if old is None:
            raise RenewalRefused("renewal_refused", "this station has no such credential")
        _check_signature(old.public_key, wish)
        new = Credential.objects.filter(token_sha256=wish.new_sha256).first()
        if new is not None:
            if new.predecessor_id != old.pk or _worth(new, now) is Worth.REVOKED:
                raise RenewalRefused("renewal_refused", "the new credential cannot be taken")
            if new.superseded:
                Credential.objects.filter(pk=new.pk).update(revoked_at=None, superseded=False, used_at=None)
            return new.expires_at
        _check_old(old, limits, now)
        new = Credential.objects.create(
            station_id=old.station_id,
            token_sha256=wish.new_sha256,
            public_key=old.public_key,
            hostname=old.hostname,
            created_at=now,
            expires_at=end_of_one_made(now, limits),
            predecessor=old,
        )
    log.info("credential_renewed", station=old.station_id, expires_at=new.expires_at and new.expires_at.isoformat())
    return new.expires_at


def end_of_one_made(now: datetime, limits: Stations) -> datetime | None:
    """When a credential ends that is made now and can be renewed."""
    return now + limits.credential_lifetime if limits.credential_lifetime else None


def term_of(station: str, limits: Stations) -> Term:
    """The term of the credential that the station used last."""
    found = in_use().filter(station_id=station).last()
    return Term() if found is None else Term(found.expires_at, _renew_from(found, limits))


def in_use() -> QuerySet[Credential]:
    """Living credentials that were used, the latest of a station last."""
    return Credential.objects.filter(revoked_at=None).exclude(used_at=None).order_by("station", "pk")


def _renew_from(one: Credential, limits: Stations) -> datetime | None:
    lifetime = limits.credential_lifetime
    if one.expires_at is None:
        return one.created_at if lifetime else None
    span = one.expires_at - one.created_at
    return one.created_at + (min(span, lifetime) if lifetime else span) * RENEW_AFTER


def _worth(one: Credential, now: datetime) -> Worth:
    if one.revoked_at is not None:
        return Worth.SUPERSEDED if one.superseded else Worth.REVOKED
    return Worth.EXPIRED if _is_over(one, now) else Worth.GOOD


def _is_over(one: Credential, now: datetime) -> bool:
    return one.expires_at is not None and now >= one.expires_at


def _take_up(one: Credential, now: datetime) -> None:
    """It works at its PC: all others of that PC end here."""
    with transaction.atomic():
        if not Credential.objects.filter(pk=one.pk, used_at=None, revoked_at=None).update(used_at=now):
            one.refresh_from_db()
            return
        if one.predecessor_id is not None:
            others = Credential.objects.filter(station=one.station_id, public_key=one.public_key, revoked_at=None)
            others.exclude(pk=one.pk).update(revoked_at=now, superseded=True)
            by = f"the PC {one.hostname}"
            keep_change(Change.CREDENTIAL_RENEWED, one.station_id, by=by, now=now)


def _check_signature(public_key: str, wish: RenewRequest) -> None:
    proof = proof_of(wish.station, wish.old_sha256, wish.new_sha256)
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key))
        key.verify(base64.b64decode(wish.signature, validate=True), proof)
    except (InvalidSignature, binascii.Error, ValueError):
        raise RenewalRefused("bad_signature", "the key of the PC that was enrolled did not sign this") from None


def _check_old(old: Credential, limits: Stations, now: datetime) -> None:
    if _worth(old, now) is Worth.REVOKED:
        raise RenewalRefused(Worth.REVOKED.value, "the old credential was revoked")
    if old.expires_at is not None and now - old.expires_at > max(limits.renewal_grace, timedelta(0)):
        raise RenewalRefused("renewal_too_late", "the old credential ended too long ago")
