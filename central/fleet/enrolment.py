"""Adding stations, spending enrolment codes, and telling which station a credential belongs to."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from central.fleet.auditing import Change, keep_change, whoever_runs_this
from central.fleet.models import Credential, EnrolmentCode, Ledger, Station
from central.refusals import CommandRefused
from protocol.renewal import digest_of

CODE_LIFE = timedelta(days=7)
STATION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


class StationRefused(CommandRefused):
    """The command did nothing; the message says why and what to do."""


class CodeRefused(Exception):
    """The enrolment code is unknown, spent or too old. Nothing was enrolled."""


@dataclass(frozen=True)
class Enrolled:
    station: str
    credential: str
    replaces: bool = False
    """It took the place of an older PC."""
    expires_at: datetime | None = None
    """When its credential ends; None: it has no end."""


def digest(secret: str) -> str:
    return digest_of(secret)


def code_of(letters: str) -> str:
    """Twenty letters as people read them out."""
    return "-".join(letters[start : start + 5] for start in range(0, 20, 5))


def add_station(station_id: str, now: datetime, *, by: str = "", code: str = "") -> str:
    """Make the station known and return its one-time code, `code` if given; one never enrolled gets a fresh code.

    Raises:
        StationRefused: the name is no station name, or a PC is enrolled there already.
    """
    if not STATION_ID.fullmatch(station_id):
        raise StationRefused(
            f"{station_id!r} cannot name a station: use 1 to 64 letters, digits, '.', '_' or '-', "
            "beginning with a letter or digit"
        )
    with transaction.atomic():
        station, is_new = Station.objects.get_or_create(station_id=station_id, defaults={"added_at": now})
        if station.credentials.exists():
            raise StationRefused(
                f"station {station_id} is enrolled already; "
                f"for a new PC in its place run: station replace {station_id}"
            )
        if is_new:
            keep_change(Change.STATION_ADDED, station_id, by=by or whoever_runs_this(), now=now)
        return _new_code(station, now, by, replaces=False, code=code)


def replace_station(station_id: str, now: datetime, *, revoke_now: bool = False, by: str = "", code: str = "") -> str:
    """A one-time code for a new PC in the old one's place.

    The old PC stays trusted until the new one enrols, so that it can still deliver, unless `revoke_now`.

    Raises:
        StationRefused: there is no such station.
    """
    with transaction.atomic():
        station = Station.objects.filter(pk=station_id).first()
        if station is None:
            raise StationRefused(f"there is no station {station_id}; to make one run: station add {station_id}")
        if revoke_now:
            _retire_old_pc(station, now)
            keep_change(Change.STATION_REVOKED, station_id, by=by or whoever_runs_this(), now=now, reason="replaced")
        return _new_code(station, now, by, replaces=True, code=code)


def revoke_station(station_id: str, reason: str, now: datetime, *, by: str = "") -> None:
    """From now on nothing is accepted from its PC, and no code for it is good. What it delivered stays.

    Raises:
        StationRefused: there is no such station, or nothing of it to revoke.
    """
    with transaction.atomic():
        station = Station.objects.filter(pk=station_id).first()
        if station is None:
            raise StationRefused(f"there is no station {station_id}; `dock-central station list` shows them")
        codes = station.codes.filter(used_at=None, expires_at__gt=now).update(expires_at=now)
        revoked = station.credentials.filter(revoked_at=None).exists()
        if not revoked and not codes:
            raise StationRefused(f"station {station_id} has no living credential and no code; nothing was changed")
        _retire_old_pc(station, now)
        keep_change(Change.STATION_REVOKED, station_id, by=by or whoever_runs_this(), now=now, reason=reason)


def is_living_code(code: str, now: datetime) -> bool:
    """Whether a PC could enrol with it now."""
    return EnrolmentCode.objects.filter(code_sha256=digest(code), used_at=None, expires_at__gt=now).exists()


def _new_code(station: Station, now: datetime, by: str, *, replaces: bool, code: str) -> str:
    station.codes.filter(used_at=None).update(expires_at=now)
    code = code or code_of("".join(secrets.choice(CODE_ALPHABET) for _ in range(20)))
    EnrolmentCode.objects.create(
        station=station, code_sha256=digest(code), created_at=now, expires_at=now + CODE_LIFE, replaces=replaces
    )
    keep_change(Change.CODE_MADE, station.pk, by=by or whoever_runs_this(), now=now, replaces=replaces)
    return code


def spend_code(
    code: str,
    public_key: str,
    hostname: str,
    now: datetime,
    *,
    meant_for: str = "",
    expires_at: datetime | None = None,
) -> Enrolled:
    """Enrol one PC with a code that nobody used before. A code for another station than `meant_for` stays unused.
    `expires_at`: when its credential ends; None: never.

    Raises:
        CodeRefused: the code is unknown, spent, expired or another station's.
    """
    with transaction.atomic():
        wanted = EnrolmentCode.objects.filter(code_sha256=digest(code.strip().upper()))
        if meant_for:
            wanted = wanted.filter(station_id=meant_for)
        if wanted.filter(used_at=None, expires_at__gt=now).update(used_at=now) != 1:
            raise CodeRefused
        spent = wanted.select_related("station").get()
        if spent.replaces:
            _retire_old_pc(spent.station, now)
        token = secrets.token_urlsafe(32)
        Credential.objects.create(
            station=spent.station,
            token_sha256=digest(token),
            public_key=public_key,
            hostname=hostname[:255],
            created_at=now,
            used_at=now,
            expires_at=expires_at,
        )
        who = f"the PC {hostname}"
        keep_change(Change.STATION_ENROLLED, spent.station.pk, by=who, now=now, replaces=spent.replaces)
    return Enrolled(spent.station.pk, token, spent.replaces, expires_at)


def _retire_old_pc(station: Station, now: datetime) -> None:
    """Revoke what the old PC held and close its chains where they stand."""
    station.credentials.filter(revoked_at=None).update(revoked_at=now)
    station.credentials.update(superseded=False)  # none of them is renewed any more
    Ledger.objects.filter(station=station, closed_at=None).update(closed_at=now)
