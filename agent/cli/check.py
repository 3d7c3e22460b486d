"""`dock-agent check`: one line and an exit code for Nagios, Icinga, Zabbix, CheckMK."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from typing import Any

from agent import config
from agent.adapters.system_clock import SystemClock
from agent.cli.check_options import OPTIONS
from agent.cli.last_snapshot import STALE_S, is_alive, snapshot_path
from agent.errors import ConfigError, DockError
from agent.rules.checking import Bounds, Level, StationFacts, Thresholds, judge, line, not_running, standing_still


def main(arguments: argparse.Namespace) -> int:
    try:
        level, told = _checked(arguments)
    except ConfigError as error:
        level, told = Level.UNKNOWN, f"DOCK UNKNOWN - {error.problems[0]}"
    except (DockError, KeyError, TypeError, ValueError, OSError) as error:
        level, told = Level.UNKNOWN, f"DOCK UNKNOWN - {error!r}".replace("|", "/")
    print(told)
    return int(level)


def _checked(arguments: argparse.Namespace) -> tuple[Level, str]:
    settings = config.load(arguments.config)
    path = snapshot_path(settings.state)
    now = SystemClock().now().wall
    try:
        facts = json.loads(path.read_bytes())
        written_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return line([not_running("")], "")
    last_sign = f"{written_at:%Y-%m-%d %H:%M:%S} UTC"
    if not is_alive(facts["pid"]):
        return line([not_running(last_sign)], "")
    if (now - written_at).total_seconds() > STALE_S:
        return line([standing_still(last_sign)], "")
    known = facts_of(facts, now)
    return line(judge(known, _thresholds(arguments, known)), known.summary)


def facts_of(facts: dict[str, Any], now: datetime) -> StationFacts:
    """From the snapshot that the agent writes."""
    central, heartbeat, spool = facts["central"], facts["heartbeat"], facts["spool"]
    history = "central went back: nothing is erased" if facts.get("central_went_back") else ""
    return StationFacts(
        summary=facts["summary"],
        loop_ages_s={name: loop["age_s"] for name, loop in facts["loops"].items()},
        disk_free=spool["free"],
        disk_min_free=spool["min_free"],
        oldest_s=_since(facts["queue"]["oldest_unreceipted_at"], now),
        quarantined=facts["assets"]["QUARANTINED"],
        unanswered_s=0.0 if central["reachable"] else _since(heartbeat["answered_at"], now),
        clock_offset_s=None if central["clock_offset_ms"] is None else central["clock_offset_ms"] / 1000,
        roster_age_s=facts["roster"]["age_s"] if facts["roster"] else None,
        credential_days=facts.get("credential_days"),
        hung=facts["hung"],
        config_problems=len(facts["config"]["problems"]),
        history_trouble="central holds another history of this ledger" if facts.get("fork") else history,
    )


def _thresholds(arguments: argparse.Namespace, facts: StationFacts) -> Thresholds:
    usual = Thresholds(disk=Bounds(2 * facts.disk_min_free, facts.disk_min_free, low=True))
    chosen: dict[str, Bounds] = {}
    for option, (name, _, _) in OPTIONS.items():
        bounds: Bounds = getattr(usual, name)
        warn, crit = (getattr(arguments, f"{level}_{option.replace('-', '_')}") for level in ("warn", "crit"))
        chosen[name] = Bounds(
            bounds.warn if warn is None else warn, bounds.crit if crit is None else crit, low=bounds.low
        )
    return Thresholds(**chosen)


def _since(instant: str | None, now: datetime) -> float | None:
    return None if instant is None else max((now - datetime.fromisoformat(instant)).total_seconds(), 0.0)
