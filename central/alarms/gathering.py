"""Reads what the conditions want to know out of the rows of the rooms below."""

from __future__ import annotations

import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from django.db.models import Count, Exists, OuterRef, QuerySet

from central.alarms.facts import (
    BaySaid,
    Channels,
    Facts,
    GapHeld,
    NotLetIn,
    NotSafe,
    PutAside,
    Roster,
    Said,
    Station,
    Unknown,
    UnwatchedNow,
    Word,
    Words,
)
from central.answers.models import Answer
from central.answers.standing import open_checks, open_contests, open_losses
from central.custody.epochs import store_epoch
from central.custody.models import Asset, DockSession, Fork, ParkedEvent, UnwatchedBay
from central.fleet.course import full_in, restarts_within
from central.fleet.credentials import in_use
from central.fleet.knocks import lately
from central.fleet.liveness import OFFLINE
from central.fleet.models import Credential, Flip, Heartbeat, Ledger
from central.fleet.models import Station as StationRow
from central.roster.freshness import roster_age

UNKNOWN_MODEL = "unknown"
"""The profile that serves what no profile knows."""
LOOK_BACK = timedelta(days=2)
DOCKED_FOR = timedelta(minutes=10)
"""No dock that is younger is looked at."""
CRASHES_WITHIN = timedelta(hours=1)
UNRECEIPTED = ("FOUND", "STAGED", "UPLOADED")
MOST_REASONS = 5


class _At(msgspec.Struct):
    offset_ms: float | None = None


class _Bay(msgspec.Struct):
    bay: str
    label: str = ""
    state: str = ""
    camera: str | None = None


class _Beat(msgspec.Struct):
    """The keys of a heartbeat that matter here. A heartbeat of any version may lack any of them."""

    at: _At = msgspec.field(default_factory=_At)
    loop_ages_s: dict[str, float] = {}
    disk_free: int = 0
    disk_total: int = 0
    bays: list[_Bay] = []


_decode = msgspec.json.Decoder(_Beat)


def gather(
    now: datetime, *, data: Path, channels: Channels, folder_trouble: str = "", worked_at: datetime | None = None
) -> Facts:
    """All facts of one moment; `data` is the folder whose disk central fills. Reads rows, changes none."""
    return Facts(
        stations=tuple(_stations(now)),
        put_aside=tuple(_put_aside()),
        unknown=tuple(_unknown(now)),
        not_safe=tuple(_not_safe(now)),
        not_let_in=tuple(NotLetIn(one.sort, one.subject, one.times, one.first_at, one.detail) for one in lately(now)),
        roster=_roster(folder_trouble),
        words=Words(_words(open_losses()), _words(open_checks()), _words(open_contests())),
        channels=channels,
        central_disk_free=shutil.disk_usage(data).free,
        worked_at=worked_at,
    )


def live_stations() -> frozenset[str]:
    """Enrolled stations that were heard at least once."""
    return frozenset(_enrolled().exclude(heartbeat=None).values_list("pk", flat=True))


def _enrolled() -> QuerySet[StationRow]:
    valid = Credential.objects.filter(station=OuterRef("pk"), revoked_at=None)
    return StationRow.objects.filter(Exists(valid))


def _stations(now: datetime) -> list[Station]:
    ledgers = defaultdict(list)
    for ledger in Ledger.objects.order_by("sequence"):
        ledgers[ledger.station_id].append(ledger)
    unwatched = defaultdict(list)
    for row in UnwatchedBay.objects.filter(unwatched_until=None):
        unwatched[row.ledger_id].append(UnwatchedNow(row.bay, row.reason, row.unwatched_from))
    succeeded = Ledger.objects.filter(predecessor=OuterRef("ledger__ledger_uuid"))
    forks = Fork.objects.filter(ledger__closed_at=None).exclude(Exists(succeeded))
    by_ledger = dict(forks.values_list("ledger_id").annotate(Count("pk")))
    parked = dict(ParkedEvent.objects.values_list("event__ledger__station_id").annotate(Count("pk")))
    epoch, silences = store_epoch(), _silences()
    credentials = {one.station_id: one for one in in_use()}
    return [
        replace(
            _station(row, ledgers[row.pk], unwatched, by_ledger, parked.get(row.pk, 0), epoch, now),
            silent_at=silences.get(row.pk),
            **_credential(credentials.get(row.pk)),
        )
        for row in _enrolled().select_related("heartbeat").order_by("pk")
    ]


def _credential(one: Credential | None) -> dict[str, Any]:
    return {} if one is None else {"credential_made_at": one.created_at, "credential_ends_at": one.expires_at}


def _silences() -> dict[str, datetime]:
    """Since when each station is offline that is."""
    last = Flip.objects.filter(station=OuterRef("pk"), after=OFFLINE).order_by("-number").values("at")[:1]
    silent = Heartbeat.objects.filter(standing=OFFLINE)
    return {pk: at or noted for pk, noted, at in silent.annotate(at=last).values_list("pk", "silent_at", "at")}


def _station(
    row: StationRow,
    ledgers: list[Ledger],
    unwatched: dict[int, list[UnwatchedNow]],
    forks: dict[int, int],
    parked: int,
    epoch: int,
    now: datetime,
) -> Station:
    beat: Heartbeat | None = getattr(row, "heartbeat", None)
    alive = [one for one in ledgers if one.closed_at is None]
    gaps = [GapHeld(one.head_number + 1, one.gap_since) for one in alive if one.gap_until and one.gap_since]
    return Station(
        name=row.station_id,
        heard_at=None if beat is None else beat.received_at,
        said=Said() if beat is None else _said(beat, now),
        site=row.site,
        unwatched=tuple(unwatched.get(ledgers[-1].pk, ())) if ledgers else (),
        gap=min(gaps, key=lambda gap: gap.since, default=None),
        parked=parked,
        forks=sum(forks.get(one.pk, 0) for one in alive),
        spoke_again=max((one.spoke_again_at for one in alive if one.spoke_again_at), default=None),
        went_back=any(one.set_back_epoch == epoch for one in alive),
    )


def _said(beat: Heartbeat, now: datetime) -> Said:
    try:
        told = _decode.decode(beat.body)
    except (msgspec.DecodeError, ValueError):
        told = _Beat()
    return Said(
        loop_ages_s=tuple(told.loop_ages_s.items()),
        disk_free=told.disk_free,
        disk_total=told.disk_total,
        full_in=full_in(beat.free_space, told.disk_free, now),
        twins=restarts_within(beat.twins, CRASHES_WITHIN, now),
        restarts=restarts_within(beat.restarts, CRASHES_WITHIN, now),
        version=beat.version,
        version_since=beat.version_since,
        digests=(beat.config_digest, beat.profiles_digest),
        digests_since=beat.digests_since,
        clock_ahead_ms=told.at.offset_ms,
        oldest_unreceipted_at=beat.oldest_unreceipted_at,
        bays=tuple(BaySaid(one.bay, one.label, one.state, one.camera or "") for one in told.bays),
    )


def _put_aside() -> list[PutAside]:
    files: dict[tuple[str, str], list[str]] = defaultdict(list)
    rows = Asset.objects.filter(state="QUARANTINED").order_by("station_id", "camera")
    for station, camera, reason in rows.values_list("station_id", "camera", "quarantined_reason"):
        files[station, camera].append(reason.split(" ", 1)[0] or "lost_at_central")
    return [
        PutAside(station, camera, len(reasons), tuple(sorted(set(reasons)))[:MOST_REASONS])
        for (station, camera), reasons in files.items()
    ]


def _unknown(now: datetime) -> list[Unknown]:
    docks = DockSession.objects.filter(docked_at__gte=now - LOOK_BACK, profile=UNKNOWN_MODEL).order_by("docked_at")
    rows = docks.values_list("station_id", "camera", "docked_at")
    return [Unknown(*row) for row in {row[:2]: row for row in rows}.values()]


def _not_safe(now: datetime) -> list[NotSafe]:
    """Cameras in a dock for at least `DOCKED_FOR`, with files without a receipt. What was put aside is told apart."""
    docks = DockSession.objects.filter(undocked_at=None, docked_at__lte=now - DOCKED_FOR)
    open_files = Asset.objects.filter(state__in=UNRECEIPTED, session__in=docks.values("session"))
    files = dict(open_files.order_by().values_list("session").annotate(Count("pk")))
    return [
        NotSafe(one.station_id, one.camera, one.bay_label or one.bay, one.docked_at, files[one.session])
        for one in docks.filter(session__in=list(files)).order_by("station_id", "camera")
        if one.docked_at is not None
    ]


def _words(answers: QuerySet[Answer]) -> tuple[Word, ...]:
    return tuple(
        Word(
            one.pk,
            one.camera,
            one.said_by,
            one.said_at,
            ", ".join(part for part in (one.station_id, one.bay) if part),
            one.due_at,
            one.decider,
        )
        for one in answers
    )


def _roster(folder_trouble: str) -> Roster:
    age = roster_age(timedelta(0))
    return Roster(age.brought_at, age.waiting, folder_trouble)
