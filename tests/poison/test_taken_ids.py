"""Central holds other bytes under an asset's id: it would refuse ours for ever."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import uuid4

import pytest

from agent.adapters.central_api import CentralApi, enroll, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.rules import changes as c
from agent.rules.footage import State
from agent.rules.poison import TRIES
from simulator.cards import MemoryFile
from tests.central_server import CentralServer
from tests.pipeline.dock import VIDEO, Dock
from tests.poison.hurried import transfer, wait_for
from tests.upload.station import STATION, Station


@pytest.mark.parametrize("now_on_card", [b"other bytes", b"FIRST bytes"], ids=["other length", "same length"])
def test_a_file_that_changed_after_its_copy_was_lost_travels_as_another_asset(now_on_card: bytes) -> None:
    dock = Dock()
    dock.serve({VIDEO: b"first bytes"})
    dock.upload()  # central has every byte, and its receipt never reaches us
    first = dock.at()
    dock.ledger.commit(c.CopyLost(at=dock.clock.now(), asset_id=first.asset_id, reason="copy_rotten"))
    dock.spool.release(first.asset_id)
    dock.plug({VIDEO: now_on_card})
    dock.session.round(dock.begin())
    second = dock.at()
    assert second.asset_id != first.asset_id
    assert dock.asset(first.asset_id).state is State.GONE
    dock.deliver()
    dock.round(2)
    assert dock.at().state is State.ERASED


def test_a_file_that_is_the_same_after_its_copy_was_lost_stays_the_same_asset() -> None:
    dock = Dock()
    dock.serve({VIDEO: b"first bytes"})
    dock.upload()
    first = dock.at()
    dock.ledger.commit(c.CopyLost(at=dock.clock.now(), asset_id=first.asset_id, reason="copy_rotten"))
    dock.spool.release(first.asset_id)
    dock.again()
    assert (dock.at().asset_id, dock.at().state) == (first.asset_id, State.STAGED)
    dock.deliver()
    dock.round(2)
    assert dock.at().state is State.ERASED


def test_a_file_that_changed_before_it_could_be_staged_again_after_a_lost_ledger_travels_as_another_asset() -> None:
    """Found by the roaming model: it kept the id that central had named for what stood there before."""
    dock = Dock(rebuilt=True)
    former = uuid4()
    dock.bench.old_id = lambda _camera, _path, sha256, _size: (
        former if sha256 == hashlib.sha256(b"first bytes").hexdigest() else None
    )
    dock.spool.disk.total = 0
    dock.serve({VIDEO: b"first bytes"})
    assert (dock.at().asset_id, dock.at().state) == (former, State.FOUND), "it waits for room"
    dock.card.files[VIDEO] = MemoryFile(b"other footage")
    dock.spool.disk.total = 1 << 20
    dock.round()
    assert dock.at().asset_id != former
    assert (dock.at().state, dock.asset(former).state) == (State.STAGED, State.GONE)


def test_whatever_led_there_an_id_that_is_taken_ends_in_a_named_quarantine(tmp_path: Path, station: Station) -> None:
    longer, altered = station.stage(b"first bytes"), station.stage(b"more bytes")
    with CentralServer(tmp_path / "central") as central:
        central.init()
        central.start()
        credential = enroll(HttpSession(central.url), central.url, central.add_station(STATION), os.urandom(32))
        http = HttpSession(central.url, credential=lambda: credential.credential)
        real = {
            "central": CentralApi(http, central.url),
            "store": TusStore(http, uploads_url(central.url)),
            "keys": PinnedKeys([credential.receipt_key]),
        }
        with transfer(station, **real):
            wait_for(lambda: all(station.asset(one).state is State.VERIFIED for one in (longer, altered)))
        for asset_id, content in ((longer, b"quite another length"), (altered, b"MORE bytes")):
            voided = c.ReceiptVoided(at=station.clock.now(), asset_id=asset_id, store_epoch=1)
            station.ledger.commit(voided)  # as a ledger that was put back would have it
            station.restage(asset_id, content)
        with transfer(station, **real) as running:
            late = station.stage(b"a neighbour")
            running.wake()
            wait_for(lambda: {station.asset(one).state for one in (longer, altered)} == {State.QUARANTINED})
            wait_for(lambda: station.asset(late).state is State.VERIFIED)
        http.close()
        assert len(central.objects()) == 3, "what it held is as it was"
    assert (station.asset(longer).reason, station.asset(altered).reason) == ("offset_conflict", "digest_mismatch")
    assert station.asset(longer).upload_attempt <= TRIES + 2
    assert station.spool.size(longer) == len(b"quite another length"), "ours stays in the spool"
