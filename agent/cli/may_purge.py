"""`dock-agent may-purge`"""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from pathlib import Path
from uuid import UUID

from agent import config
from agent.adapters.spool_disk import COPY, SIDECAR
from agent.cli.arguments import EXIT_FINDINGS
from agent.daemon.opening import only_one
from agent.daemon.snapshot import central_went_back
from agent.ledger.read import LedgerView
from agent.rules.footage import Asset
from agent.rules.purging import LeftHere, obstacles


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    with closing(only_one(settings.state)):
        reasons = obstacles(_left_in(settings.state))
    for reason in reasons:
        print(reason)
    if reasons:
        print(f"{settings.state} must be kept.")
        return EXIT_FINDINGS
    print(f"Central has receipted every copy in {settings.state}: it may be deleted.")
    return 0


def _left_in(state: Path) -> LeftHere:
    names = sorted(path.name for path in (state / "spool").iterdir()) if (state / "spool").is_dir() else []
    kept = sorted(path.name for path in state.glob("ledger-*.db"))
    if not (state / "ledger.db").exists():
        return LeftHere(has_ledger=False, copies=dict.fromkeys(names), kept_ledgers=kept)
    with closing(LedgerView(state / "ledger.db")) as view:
        epoch = view.note("store_epoch")
        unsent = max(0, view.identity().head_number - int(view.note("acknowledged") or 0))
        return LeftHere(
            has_ledger=True,
            copies={name: _asset(view, Path(name)) for name in names},
            store_epoch=None if epoch is None else int(epoch),
            went_back=central_went_back(view),
            unsent=[str(json.loads(event.body)["type"]) for event in view.recent_events(unsent)],
            kept_ledgers=kept,
        )


def _asset(view: LedgerView, name: Path) -> Asset | None:
    try:
        return view.asset(UUID(name.stem)) if name.suffix in (COPY, SIDECAR) else None
    except ValueError:
        return None
