"""The roster as one station needs it: its shifts, each with the deadline that central computed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

from central.config import CentralConfig
from central.roster.duties import duties_with
from central.roster.models import HomeStation, ShiftVersion
from central.timeliness.duty import Duty, Shift
from protocol.messages import RosterAnswer, RosterShift

LOOK_BACK = timedelta(days=35)
"""Shifts that ended longer ago are not sent any more."""


def policy_revision(config: CentralConfig) -> str:
    """A short name of the lateness policy; another policy has another name."""
    units = {
        name: [unit.grace, unit.gap_tolerance, unit.merge_gap, unit.early_tolerance]
        for name, unit in sorted(config.unit.items())
    }
    return hashlib.sha256(msgspec.json.encode([config.lateness, units])).hexdigest()[:16]


def roster_etag(station: str, config: CentralConfig, now: datetime) -> str:
    """Names what `station_roster` answers, without asking for the shifts: every heartbeat needs it.

    Another one each day, for shifts that grow too old, and whenever anything is said of any shift.
    """
    last = ShiftVersion.objects.order_by("-pk").values_list("pk", "shift_id", "said_at").first()
    told = [station, policy_revision(config), now.astimezone(UTC).date(), last]
    return '"' + hashlib.sha256(msgspec.json.encode(told)).hexdigest()[:32] + '"'


def station_roster(station: str, config: CentralConfig, now: datetime) -> RosterAnswer:
    """The station's shifts. A shift's deadline is its duty's: adjacent shifts with one camera are one duty."""
    since = now - LOOK_BACK
    homes = HomeStation.objects.filter(station_id=station, shift__ends_at__gte=since)
    mine = dict(homes.values_list("shift_id", "shift__camera_serial"))
    found = [
        _as_sent(shift, duty)
        for duty in duties_with(mine.values(), since, config)
        for shift in duty.shifts
        if shift.shift_id in mine
    ]
    found.sort(key=lambda shift: (shift.ends_at, shift.shift_id))
    return RosterAnswer(policy_revision=policy_revision(config), generated_at=now, shifts=found)


def _as_sent(shift: Shift, duty: Duty) -> RosterShift:
    return RosterShift(
        shift_id=shift.shift_id,
        officer_id=shift.officer,
        camera_serial=shift.camera,
        starts_at=shift.starts_at,
        ends_at=shift.ends_at,
        deadline_at=duty.deadline,
    )
