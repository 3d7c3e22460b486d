"""Adding many stations at once, and saying where one stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from central.administration.station_file import LONGEST, Wanted
from central.config import Stations
from central.fleet.auditing import Change, keep_change
from central.fleet.enrolment import CODE_LIFE, StationRefused, add_station, digest
from central.fleet.models import Credential, EnrolmentCode, Station
from central.fleet.overview import stations

CODE_COLUMNS = ("station_id", "site", "label", "code", "expires_at")
LIST_COLUMNS = ("station_id", "site", "label", "state", "last_heartbeat_at", "version", "hostname", "added_at")


def add_stations(
    wanted: Sequence[Wanted], now: datetime, by: str, code_for: Callable[[str], str] = lambda _: ""
) -> list[list[Any]]:
    """Make all of them known; returns a row each, with its code. One that is enrolled already gets none.

    A station that waits for its PC gets a fresh code, and the one that was printed before is good no more.
    """
    rows: list[list[Any]] = []
    with transaction.atomic():
        enrolled = set(Credential.objects.values_list("station_id", flat=True))
        for one in wanted:
            is_new = one.station_id not in enrolled
            code = add_station(one.station_id, now, by=by, code=code_for(one.station_id)) if is_new else None
            station = set_station(one.station_id, now, by, site=one.site, label=one.label)
            expires_at = None if code is None else now + CODE_LIFE
            rows.append([station.pk, station.site or None, station.label or None, code, expires_at])
    return rows


def foreseen(wanted: Sequence[Wanted], now: datetime) -> tuple[str, list[str]]:
    """What `add_stations` would do with them, in one line, and what somebody may not expect."""
    names = [one.station_id for one in wanted]
    known = set(Station.objects.filter(pk__in=names).values_list("pk", flat=True))
    enrolled = set(Credential.objects.filter(station__in=names).values_list("station_id", flat=True))
    living = EnrolmentCode.objects.filter(station__in=names, used_at=None, expires_at__gt=now)
    codes = sorted(set(living.values_list("station_id", flat=True)) - enrolled)
    warned = [
        f"{name} has a code that was not used yet: it gets a fresh one, and the one before is good no more"
        for name in codes
    ]
    counts = f"{len(names) - len(known)} would be added, {len(known - enrolled)} get a fresh code"
    return f"{len(names)} stations: {counts}, {len(enrolled)} are enrolled and get no code", warned


def codes_again(wanted: Sequence[Wanted], now: datetime, code_for: Callable[[str], str]) -> list[list[Any]]:
    """The rows that `add_stations` returned with the same codes, of those that a PC could still use."""
    codes = {digest(code_for(one.station_id)): code_for(one.station_id) for one in wanted}
    rows = EnrolmentCode.objects.filter(code_sha256__in=codes, used_at=None, expires_at__gt=now)
    found = {row.station_id: row for row in rows.select_related("station")}
    living = [found[one.station_id] for one in wanted if one.station_id in found]
    return [
        [row.station_id, row.station.site or None, row.station.label or None, codes[row.code_sha256], row.expires_at]
        for row in living
    ]


def set_station(
    station_id: str, now: datetime, by: str, *, site: str | None = None, label: str | None = None
) -> Station:
    """Say where it stands and what people call it. None leaves a word as it is, an empty one takes it away.

    Raises:
        StationRefused: there is no such station, or a word is too long. Nothing was changed.
    """
    asked = {name: word.strip() for name, word in (("site", site), ("label", label)) if word is not None}
    for name, word in asked.items():
        if len(word) > LONGEST[name] or not word.isprintable():
            raise StationRefused(
                f"--{name} must be at most {LONGEST[name]} printable characters; nothing was changed"
            )
    with transaction.atomic():
        station = Station.objects.filter(pk=station_id).first()
        if station is None:
            raise StationRefused(f"there is no station {station_id}; `dock-central station list` shows them")
        news = {name: word for name, word in asked.items() if getattr(station, name) != word}
        if news:
            before = {f"{name}_before": getattr(station, name) for name in news}
            for name, word in news.items():
                setattr(station, name, word)
            station.save(update_fields=list(news))
            keep_change(Change.STATION_CHANGED, station_id, by=by, now=now, **news, **before)
    return station


def listed(limits: Stations, now: datetime) -> Iterator[list[Any]]:
    """Every station, with its state and the PC that speaks for it."""
    living = Credential.objects.filter(revoked_at=None).order_by("pk")
    hosts = dict(living.values_list("station_id", "hostname"))
    for one in stations(limits, now):
        beat = one.heartbeat
        heard = (None, None) if beat is None else (beat.received_at, beat.version)
        host = hosts.get(one.station_id) or None
        yield [one.station_id, one.site or None, one.label or None, one.state, *heard, host, one.added_at]
