"""Duties from the roster as it stands: what the rule in `central/timeliness` is asked about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from central.config import CentralConfig, Unit
from central.roster.models import HomeStation
from central.roster.models import Shift as ShiftRow
from central.roster.shifts import batches
from central.timeliness.duty import Duty, Shift, duties_of
from central.timeliness.policy import Policy

REACH = timedelta(days=4)
"""Shifts that ended so long before are read too: an earlier shift of the same duty, however long it was."""


def policy_of(config: CentralConfig, unit: str) -> Policy:
    """What this unit calls late."""
    own, usual = config.unit.get(unit, Unit()), config.lateness

    def either(mine: timedelta | None, everybodys: timedelta) -> timedelta:
        return everybodys if mine is None else mine

    return Policy(
        grace=either(own.grace, usual.grace),
        gap_tolerance=either(own.gap_tolerance, usual.gap_tolerance),
        merge_gap=either(own.merge_gap, usual.merge_gap),
        early_tolerance=either(own.early_tolerance, usual.early_tolerance),
        offline_after=config.stations.offline_after,
    )


def duties_with(cameras: Iterable[str], since: datetime, config: CentralConfig) -> tuple[Duty, ...]:
    """Every duty, of any officer, with one of these cameras that ends at or after `since`."""
    found: list[Shift] = []
    policies: dict[str, Policy] = {}
    for batch in batches(cameras):
        rows = ShiftRow.objects.filter(camera_serial__in=batch, ends_at__gte=since - REACH)
        rows = rows.exclude(status__in=ShiftRow.NOBODYS)
        homes = _homes(batch, since - REACH)
        for one in rows.values_list("shift_id", "officer_id", "camera_serial", "starts_at", "ends_at", "unit"):
            *said, unit = one
            policy = policies.setdefault(unit, policy_of(config, unit))
            found.append(Shift(*said, home_stations=frozenset(homes.get(one[0], ())), policy=policy))
    return tuple(duty for duty in duties_of(found) if duty.ends_at >= since)


def _homes(cameras: list[str], since: datetime) -> dict[str, list[str]]:
    rows = HomeStation.objects.filter(shift__camera_serial__in=cameras, shift__ends_at__gte=since)
    found: dict[str, list[str]] = {}
    for shift_id, station in rows.values_list("shift_id", "station_id"):
        found.setdefault(shift_id, []).append(station)
    return found
