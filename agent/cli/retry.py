"""`dock-agent retry`"""

from __future__ import annotations

import argparse
from uuid import UUID

from agent import config
from agent.adapters.system_clock import SystemClock
from agent.cli.arguments import EXIT_FINDINGS
from agent.errors import NeedsOperator, Refused
from agent.ledger.store import SqliteLedger
from agent.rules.changes import AssetReturned
from agent.rules.footage import State


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    path = settings.state / "ledger.db"
    if not path.exists():
        raise NeedsOperator(
            f"There is no ledger at {path}.", code="no_ledger", hint="The agent creates it on its first run."
        )
    # Beside a running agent: SQLite lets one of us write at a time, and the agent looks at the card again soon.
    ledger = SqliteLedger(path, settings.station.id, check=False)
    try:
        quarantined = ledger.assets_in(State.QUARANTINED, limit=100_000)
        if arguments.asset is not None:
            try:
                wanted = UUID(arguments.asset)
            except ValueError:
                raise Refused(
                    f"{arguments.asset!r} is not an asset's id.", hint="`dock-agent status` shows them."
                ) from None
            quarantined = tuple(asset for asset in quarantined if asset.asset_id == wanted)
        if not quarantined:
            print("No quarantined file to send back." if arguments.asset is None else "That file is not quarantined.")
            return 0 if arguments.asset is None else EXIT_FINDINGS
        at = SystemClock().now()
        able = [asset for asset in quarantined if asset.spooled or asset.on_card]
        ledger.commit(*(AssetReturned(at=at, asset_id=asset.asset_id) for asset in able))
    finally:
        ledger.close()
    for asset in quarantined:
        if asset not in able:
            shown = asset.path.decode("utf-8", "backslashreplace")
            print(f"{asset.asset_id} {asset.camera} {shown}: stays aside, neither in the spool nor on a docked card")
    for asset in able:
        shown = asset.path.decode("utf-8", "backslashreplace")
        print(f"{asset.asset_id} {asset.camera} {shown}: back to {asset.returns_to}; it was aside for {asset.reason}")
    return 0 if able else EXIT_FINDINGS
