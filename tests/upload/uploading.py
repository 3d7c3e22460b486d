"""A process that uploads what a station has staged, to be killed by tests.

python -m tests.upload.uploading FOLDER ENDPOINT BYTES_PER_SECOND
python -m tests.upload.uploading FOLDER CENTRAL_URL BYTES_PER_SECOND TOKEN KEY_ID PUBLIC_KEY
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import NoReturn

from agent.adapters.central_api import CentralApi, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.adapters.tus import TusStore
from agent.errors import RetryLater
from agent.ledger.store import SqliteLedger
from agent.pipeline.transfer import Transfer
from agent.ports import SignedStatement, VerifyAnswer
from agent.rules.bandwidth import Limit
from agent.rules.footage import State
from protocol.messages import ReceiptKey
from tests.upload.station import STATION


class NoCentral:
    """A bare tus server gives no receipts: assets stay UPLOADED."""

    def verify(self, *_: object) -> VerifyAnswer:
        raise RetryLater("no receipts here", retry_after_s=3600)

    def is_signed(self, _: SignedStatement) -> bool:
        return False


def main(folder: str, server: str, rate: str, *central: str) -> NoReturn:
    clock, bare = SystemClock(), NoCentral()
    http = HttpSession(server, credential=lambda: central[0] if central else None, stall_s=5)
    ledger = SqliteLedger(Path(folder) / "ledger.sqlite", STATION)
    keys = PinnedKeys([ReceiptKey(key_id=central[1], public_key=central[2])]) if central else bare
    transfer = Transfer(
        ledger=ledger,
        spool=SpoolFolder(Path(folder) / "spool", 0),
        store=TusStore(http, uploads_url(server) if central else server),
        central=CentralApi(http, server) if central else bare,  # type: ignore[arg-type]
        keys=keys,
        clock=clock,
        station=STATION,
        limits=[Limit(0, 1440, float(rate))],
        workers=3,
        interrupt=http.interrupt,
    )
    transfer.start()
    print("READY", flush=True)
    open_states = (State.STAGED, State.UPLOADED) if central else (State.STAGED,)
    while any(ledger.assets_in(state) for state in open_states):
        time.sleep(0.02)
    sys.exit(0 if transfer.stop() else 1)


if __name__ == "__main__":
    main(*sys.argv[1:])
