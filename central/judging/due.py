"""Whom to judge again: cameras of which there is news, and those whose next look has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from central.config import CentralConfig
from central.custody.models import Touched
from central.custody.touching import touched_after
from central.judging.models import Concern, Look, NewsRead
from central.roster.models import Shift, ShiftVersion
from central.roster.shifts import BATCH, batches
from central.roster.station_roster import LOOK_BACK, policy_revision

MOST_AT_ONCE = 200
"""So many cameras in one round: what came last must not wait for a thousand others before it is even noticed."""
VERSIONS_AT_ONCE = 5000
TIME = "time"
"""Why a look is due that nothing but time has brought."""


def look_again(cameras: Iterable[str], because: str, now: datetime) -> None:
    """These cameras are due. Those that are due for news already keep their reason, and all keep their place."""
    for batch in batches(cameras):
        due = Look.objects.filter(camera__in=batch, next_look_at__lte=now)
        due.filter(because=TIME).update(because=because)
        known = set(due.values_list("camera", flat=True))
        Look.objects.bulk_create(
            (Look(camera=camera, next_look_at=now, because=because) for camera in batch if camera not in known),
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["camera"],
            update_fields=["next_look_at", "because"],
        )


def read_news(config: CentralConfig, now: datetime) -> None:
    """Turn what changed since the last time into looks, in one transaction with how far it was read."""
    with transaction.atomic():
        read, _ = NewsRead.objects.get_or_create(pk=1)
        before = (read.touched_serial, read.shift_version, read.policy_revision)
        _of_policy(read, config, now)
        _of_roster(read, now)
        _of_stations(read, now)
        if before != (read.touched_serial, read.shift_version, read.policy_revision):
            read.save()


def due_cameras(now: datetime) -> list[Look]:
    """Those whose time has come, longest due first."""
    return list(Look.objects.filter(next_look_at__lte=now).order_by("next_look_at", "camera")[:MOST_AT_ONCE])


def _of_policy(read: NewsRead, config: CentralConfig, now: datetime) -> None:
    revision = policy_revision(config)
    if revision != read.policy_revision:
        shifts = Shift.objects.filter(ends_at__gte=now - LOOK_BACK)
        look_again(shifts.values_list("camera_serial", flat=True).distinct(), "policy", now)
        read.policy_revision = revision


def _of_roster(read: NewsRead, now: datetime) -> None:
    new = list(
        ShiftVersion.objects.filter(pk__gt=read.shift_version)
        .order_by("pk")
        .values_list("pk", "shift_id")[:VERSIONS_AT_ONCE]
    )
    for batch in batches(shift_id for _, shift_id in new):
        said = ShiftVersion.objects.filter(shift_id__in=batch)  # also the cameras that it named before
        look_again(said.values_list("camera_serial", flat=True).distinct(), "roster", now)
    read.shift_version = new[-1][0] if new else read.shift_version


def _of_stations(read: NewsRead, now: datetime) -> None:
    for news in touched_after(read.touched_serial):
        concerned = Concern.objects.filter(station_id=news.name)
        if news.kind == Touched.CAMERA:
            look_again(Look.objects.filter(camera=news.name).values_list("camera", flat=True), "docks", now)
        elif news.kind == Touched.STATION:
            look_again(concerned.values_list("look_id", flat=True), "watching", now)
        else:
            look_again(concerned.filter(is_awaited=True).values_list("look_id", flat=True), "told", now)
        read.touched_serial = news.serial
