"""The roster as one station needs it: its shifts, each with the deadline that central computed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from central.config import CentralConfig
from central.roster.models import Shift
from protocol.messages import RosterAnswer, RosterShift

LOOK_BACK = timedelta(days=35)
"""Shifts that ended longer ago are not sent any more."""


def policy_revision(config: CentralConfig) -> str:
    """A short name of the lateness policy; another policy has another name."""
    units = {name: unit.grace for name, unit in sorted(config.unit.items())}
    return hashlib.sha256(msgspec.json.encode([config.lateness, units])).hexdigest()[:16]


def station_roster(station: str, config: CentralConfig, now: datetime) -> tuple[RosterAnswer, str]:
    """The station's shifts and the ETag that names exactly this content, `generated_at` aside."""
    rows = (
        Shift.objects.filter(home_stations__station_id=station, ends_at__gte=now - LOOK_BACK)
        .exclude(status__in=Shift.NOBODYS)
        .order_by("ends_at", "shift_id")
    )
    shifts = [
        RosterShift(
            shift_id=row.shift_id,
            officer_id=row.officer_id,
            camera_serial=row.camera_serial,
            starts_at=row.starts_at.astimezone(UTC),
            ends_at=row.ends_at.astimezone(UTC),
            deadline_at=(row.ends_at + config.grace_for(row.unit)).astimezone(UTC),
        )
        for row in rows
    ]
    revision = policy_revision(config)
    etag = '"' + hashlib.sha256(msgspec.json.encode([revision, shifts])).hexdigest()[:32] + '"'
    return RosterAnswer(policy_revision=revision, generated_at=now, shifts=shifts), etag
