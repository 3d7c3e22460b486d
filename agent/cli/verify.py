"""`dock-agent verify`"""

from __future__ import annotations

import argparse
import json
import time

from agent import config
from agent.adapters import credential_file
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.spool_disk import SpoolFolder
from agent.cli.arguments import EXIT_FINDINGS
from agent.errors import NeedsOperator
from agent.ledger.verify import Verifying, verify

SETTLE_S = 2.0


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    path = settings.state / "ledger.db"
    if not path.exists():
        raise NeedsOperator(
            f"There is no ledger at {path}.", code="no_ledger", hint="The agent creates it on its first run."
        )
    keys = PinnedKeys(credential_file.read(settings.credential_file).receipt_keys)
    spool = SpoolFolder(settings.state / "spool", settings.spool.min_free)
    result = verify(path, Verifying(spool=spool, is_signed=keys.is_signed, deep=not arguments.quick, settle=_settle))
    if arguments.json:
        print(
            json.dumps(
                {
                    "station": result.station,
                    "ledger": str(result.ledger_uuid),
                    "events": result.events,
                    "assets": result.assets,
                    "copies": result.copies,
                    "bytes_read": result.bytes_read,
                    "sound": result.sound,
                    "counts": dict(result.counts),
                    "findings": [
                        {"code": f.code, "subject": f.subject, "what": f.what, "hint": f.hint}
                        for f in result.findings
                    ],
                }
            )
        )
        return 0 if result.sound else EXIT_FINDINGS
    print(
        f"{result.station}, ledger {result.ledger_uuid}: {result.events} events chained, {result.assets} assets, "
        f"{result.copies} copies in the spool ({result.bytes_read} bytes read back)."
    )
    for finding in result.findings:
        print(f"- {finding.code}: {finding.subject}: {finding.what} {finding.hint}")
    print("Everything fits together." if result.sound else f"{sum(result.counts.values())} findings.")
    return 0 if result.sound else EXIT_FINDINGS


def _settle() -> None:
    """What looks wrong for a moment beside a running agent is looked at again after this."""
    time.sleep(SETTLE_S)
