"""`dock-agent status`"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

from rich.console import Console

from agent import config
from agent.adapters.system_clock import SystemClock
from agent.cli.last_snapshot import STALE_S, is_alive, snapshot_path
from agent.cli.status_view import render
from agent.cli.status_watch import watch
from agent.daemon.snapshot import ledger_facts, not_seen_facts
from agent.errors import NeedsOperator
from agent.ledger.read import LedgerView
from agent.reporting.not_seen import outlook_of


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    if arguments.json and not arguments.watch:
        print(json.dumps(look(settings), indent=2))
        return 0
    console = Console()
    if arguments.watch:
        watch(lambda: look(settings), console, as_json=arguments.json)
    else:
        console.print(render(look(settings)))
    return 0


def look(settings: config.Config) -> dict[str, Any]:
    """The running agent's snapshot; without one, what the ledger alone can tell."""
    path = snapshot_path(settings.state)
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        if is_alive(facts.get("pid", 0)) and time.clock_gettime(time.CLOCK_REALTIME) - path.stat().st_mtime < STALE_S:
            return {"running": True, **facts}
    except (FileNotFoundError, ValueError):
        pass
    ledger = settings.state / "ledger.db"
    if not ledger.exists():
        raise NeedsOperator(
            f"Nothing is known of this station: there is no ledger at {ledger}.",
            code="no_ledger",
            hint="The agent creates it on its first `dock-agent run`.",
        )
    with LedgerView(ledger) as view:
        now = SystemClock().now().wall
        not_seen = not_seen_facts(outlook_of(view, now), now)
        return {"running": False, "station": settings.station.id, "bays": [], **not_seen, **ledger_facts(view)}
