"""Whom to judge again: cameras of which there is news, and those whose next look has come."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F

from central.config import CentralConfig
from central.custody.models import Touched
from central.custody.touching import touched_after
from central.judging.models import Concern, Look, NewsRead
from central.roster.models import Shift, ShiftVersion
from central.roster.shifts import BATCH, batches
from central.roster.station_roster import LOOK_BACK, policy_revision

VERSIONS_AT_ONCE = 2000
TOUCHED_AT_ONCE = 1000
"""So much news is read in one transaction: stations' events wait for it."""
TIME = "time"
"""Why a look is due that nothing but time has brought."""
DOCKS, TOLD = "docks", "told"
"""News that settled duties are not asked about again."""


def look_again(cameras: Iterable[str], because: str, now: datetime) -> None:
    """These cameras are due. Those that are due for news already keep their reason, and all keep their place."""
    asked = {"asked": F("asked") + 1} | ({} if because in (DOCKS, TOLD) else {"everything": True})
    for batch in batches(cameras):
        known = Look.objects.filter(camera__in=batch)
        known.filter(next_look_at__lte=now, because=TIME).update(because=because)
        known.exclude(next_look_at__lte=now).update(next_look_at=now, because=because)
        if known.update(**asked) < len(batch):
            Look.objects.bulk_create(
                (Look(camera=camera, next_look_at=now, because=because) for camera in batch),
                batch_size=BATCH,
                ignore_conflicts=True,
            )


def read_news(config: CentralConfig, now: datetime) -> None:
    """Turn what changed since the last time into looks, each kind in a transaction with how far it was read."""
    read, _ = NewsRead.objects.get_or_create(pk=1)
    _of_policy(read, config, now)
    _of_roster(read, now)
    _of_stations(read, now)


def due_cameras(now: datetime, most: int) -> list[Look]:
    """Those whose time has come, longest due first."""
    return list(Look.objects.filter(next_look_at__lte=now).order_by("next_look_at", "camera")[:most])


def has_unjudged_news(camera: str, shift_ids: Collection[str], now: datetime) -> bool:
    """Whether something is known of this camera or of these shifts that no verdict rests on yet: after an outage, or
    while a station catches up, judging is some rounds behind."""
    read = NewsRead.objects.filter(pk=1).first() or NewsRead()
    return (
        Look.objects.filter(pk=camera, next_look_at__lte=now).exists()
        or Touched.objects.filter(kind=Touched.CAMERA, name=camera, serial__gt=read.touched_serial).exists()
        or ShiftVersion.objects.filter(shift_id__in=shift_ids, pk__gt=read.shift_version).exists()
    )


def _of_policy(read: NewsRead, config: CentralConfig, now: datetime) -> None:
    revision = policy_revision(config)
    if revision == read.policy_revision:
        return
    shifts = Shift.objects.filter(ends_at__gte=now - LOOK_BACK)
    cameras = list(shifts.values_list("camera_serial", flat=True).distinct())
    with transaction.atomic():
        look_again(cameras, "policy", now)
        read.policy_revision = revision
        read.save(update_fields=["policy_revision"])


def _of_roster(read: NewsRead, now: datetime) -> None:
    new = list(
        ShiftVersion.objects.filter(pk__gt=read.shift_version)
        .order_by("pk")
        .values_list("pk", "shift_id")[:VERSIONS_AT_ONCE]
    )
    if not new:
        return
    cameras: set[str] = set()
    for batch in batches(shift_id for _, shift_id in new):
        said = ShiftVersion.objects.filter(shift_id__in=batch)  # also the cameras that it named before
        cameras.update(said.values_list("camera_serial", flat=True).distinct())
    with transaction.atomic():
        look_again(sorted(cameras), "roster", now)
        read.shift_version = new[-1][0]
        read.save(update_fields=["shift_version"])


def _of_stations(read: NewsRead, now: datetime) -> None:
    news = touched_after(read.touched_serial, TOUCHED_AT_ONCE)
    if not news:
        return
    names: dict[str, list[str]] = {Touched.CAMERA: [], Touched.STATION: [], Touched.TOLD: []}
    for one in news:
        names[one.kind].append(one.name)
    watched = _concerned(names[Touched.STATION])
    awaited = _concerned(names[Touched.TOLD], is_awaited=True)
    docked: list[str] = []
    for batch in batches(names[Touched.CAMERA]):
        docked += Look.objects.filter(camera__in=batch).values_list("camera", flat=True)
    with transaction.atomic():
        look_again(docked, DOCKS, now)
        look_again(watched, "watching", now)
        look_again(awaited, TOLD, now)
        read.touched_serial = news[-1].serial
        read.save(update_fields=["touched_serial"])


def _concerned(stations: Iterable[str], **more: bool) -> list[str]:
    found: list[str] = []
    for batch in batches(stations):
        rows = Concern.objects.filter(station_id__in=batch, **more)
        found += rows.values_list("look_id", flat=True).distinct()
    return found
