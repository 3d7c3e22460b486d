"""One station's real uploader (ledger, spool, workers, HTTP) and a real central, with a bad network between them."""

from __future__ import annotations

import hashlib
import random
import ssl
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from agent.adapters.central_api import CentralApi, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.pipeline.transfer import Transfer
from agent.rules.footage import State
from protocol.messages import EnrollAnswer
from simulator.network.fault_proxy import FaultProxy, Intercept
from tests.central_server import CentralServer
from tests.upload.station import STATION, Station

MIB = 1 << 20
WITHIN_S = 100.0


def until(question: Callable[[], object], why: str, within_s: float = WITHIN_S) -> None:
    """Return as soon as it is true; fail with `why` when it does not come about."""
    deadline = time.monotonic() + within_s
    while not question():
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {why}"
        time.sleep(0.02)


class Place:
    """Use `transferring()`; set faults on `proxy` (`link`, `intercept`); `heal` and `until_done` at the end."""

    def __init__(
        self,
        folder: Path,
        central: CentralServer,
        enrolled: EnrollAnswer,
        *,
        tls: ssl.SSLContext | None = None,
        ca_file: Path | None = None,
        stall_s: float = 3.0,
    ) -> None:
        self.central = central
        where = urlsplit(central.url)
        self.proxy = FaultProxy(str(where.hostname), int(where.port or 0), tls=tls)
        self.link = self.proxy.link
        self.station = Station(folder)
        self.station.ledger.remember(store_epoch=str(enrolled.store_epoch))
        self.staged: dict[UUID, bytes] = {}
        self._http = HttpSession(
            self.proxy.url,
            verify=str(ca_file) if ca_file else True,
            credential=lambda: enrolled.credential,
            stall_s=stall_s,
            connect_s=3.0,
        )
        self.transfer = Transfer(
            ledger=self.station.ledger,
            spool=self.station.spool,
            store=TusStore(self._http, uploads_url(self.proxy.url)),
            central=CentralApi(self._http, self.proxy.url),
            keys=PinnedKeys([enrolled.receipt_key]),
            clock=self.station.clock,
            station=STATION,
            workers=2,
            interrupt=self._http.interrupt,
        )

    @contextmanager
    def transferring(self, intercept: Intercept | None = None) -> Iterator[Transfer]:
        """Uploads run. The fault stands before the first request: a small file is through in a moment."""
        if intercept is not None:
            self.proxy.intercept = intercept
        self.transfer.start()
        try:
            yield self.transfer
        finally:
            assert self.transfer.stop(), "every worker ends in time, whatever the network does"

    def stage(self, size: int, seed: int = 1) -> UUID:
        content = random.Random(f"{seed} {size} {id(self)}").randbytes(size)
        asset_id = self.station.stage(content, camera=f"BWC{seed}")
        self.staged[asset_id] = content
        self.transfer.wake()
        return asset_id

    def close(self) -> None:
        self.proxy.close()
        self._http.close()
        self.station.close()

    # --- what is seen -----------------------------------------------------------------------------------

    def named(self) -> set[str]:
        """Every trouble that `dock-agent status` names now."""
        status = self.transfer.status()
        return {status.central, *(one.reason for one in status.in_trouble)} - {""}

    def until_named(self, code: str) -> None:
        until(lambda: code in self.named(), f"status names {code}; it names {self.named()}")

    def committed(self) -> int:
        """The highest offset from which the station sent on: all before it is at central."""
        return max((int(request.headers["upload-offset"]) for request in self.proxy.seen("PATCH")), default=0)

    def requests(self) -> int:
        return len(self.proxy.requests)

    def is_done(self) -> bool:
        return all(self.station.asset(asset_id).state is State.VERIFIED for asset_id in self.staged)

    def heal(self) -> None:
        self.proxy.heal()

    def until_done(self, within_s: float = WITHIN_S) -> None:
        until(self.is_done, f"everything is receipted; trouble: {self.named()}", within_s)

    # --- what must hold ---------------------------------------------------------------------------------

    def assert_nothing_lost(self) -> None:
        """A file without a receipt is still whole in the spool; one with a receipt is at central, byte for byte."""
        stored = self.central.objects()
        for asset_id, content in self.staged.items():
            asset = self.station.asset(asset_id)
            with_copy = self.station.spool.open(asset_id)
            try:
                assert with_copy.read_at(0, len(content) + 1) == content
            finally:
                with_copy.close()
            assert (asset.receipt is not None) == (asset.state is State.VERIFIED)
            if asset.receipt is not None:
                assert stored[hashlib.sha256(content).hexdigest()].read_bytes() == content

    def assert_offsets_never_went_back(self) -> None:
        """What the station took as committed only grew, so every byte that was committed was progress."""
        offsets: dict[str, list[int]] = defaultdict(list)
        for request in self.proxy.seen("PATCH"):
            offsets[request.path].append(int(request.headers["upload-offset"]))
        for path, seen in offsets.items():
            assert seen == sorted(seen), (path, seen)

    def assert_all_arrived(self) -> None:
        self.until_done()
        self.assert_nothing_lost()
        self.assert_offsets_never_went_back()
