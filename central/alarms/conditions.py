"""Which alarms should be open now: facts in, conditions out. Nothing here reads a clock or a database."""

from __future__ import annotations

from datetime import datetime

from central.alarms.condition import Condition, Findings
from central.alarms.facts import Facts, Limits
from central.alarms.kinds import Kind
from central.alarms.of_answers import of_answers
from central.alarms.of_central import of_cameras, of_central, of_central_clock, of_channels, of_long_docks, of_roster
from central.alarms.of_doors import of_doors
from central.alarms.of_fleet import of_drift, of_sites, of_versions, whole_fleet_is_silent
from central.alarms.of_stations import OF_HEARTBEATS, of_credential, of_heartbeat, of_ledgers, of_silence


def find(facts: Facts, limits: Limits, now: datetime) -> Findings:
    """All that IT should know of at `now`. Of one kind and subject there is at most one."""
    if facts.clock_doubt is not None:
        return Findings(
            (of_central_clock(facts.clock_doubt), *of_channels(facts.channels, limits)), nothing_else=True
        )
    conditions: list[Condition] = []
    unsure: set[tuple[str, str]] = set()
    for station in facts.stations:
        if station.heard_at is None:
            continue
        conditions += of_silence(station, station.heard_at, limits)
        conditions += of_ledgers(station, limits, now)
        conditions += of_credential(station, limits, now)
        if now - station.heard_at < limits.stale_after:
            conditions += of_heartbeat(station, limits, now)
        else:
            unsure |= {(kind, station.name) for kind in (*OF_HEARTBEATS, Kind.STATION_SILENT)}
    sites = of_sites(facts.stations, limits)
    if whole_fleet_is_silent(facts.stations):
        unsure |= {(Kind.SITE_SILENT, one.subject) for one in sites}
    else:
        conditions += sites
    conditions += of_versions(facts.stations, limits, now)
    conditions += of_drift(facts.stations, limits, now)
    conditions += of_cameras(facts, limits, now)
    conditions += of_long_docks(facts, limits, now)
    conditions += of_doors(facts.not_let_in, limits)
    conditions += of_answers(facts.words, limits, now)
    conditions += of_roster(facts.roster, limits, now)
    conditions += of_channels(facts.channels, limits)
    conditions += of_central(facts, limits, now)
    return Findings(tuple({(one.kind, one.subject): one for one in conditions}.values()), frozenset(unsure))
