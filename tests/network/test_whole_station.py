"""Promise: a file leaves a card only with a receipt for exactly its bytes, whatever the network says in between."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from simulator.network.fault_proxy import FaultProxy, Intercept, Reply, Then
from simulator.network.http_messages import LOGIN_PAGE, RequestHead, answer, tus
from tests.central_server import CentralServer
from tests.dock_station import DockStation, eventually, files_below


def _deny_uploads(request: RequestHead) -> Reply | None:
    return Reply(tus(401), then=Then.CLOSE) if "/uploads" in request.path else None


STORY: list[tuple[str, Intercept]] = [
    ("protocol_violation", lambda _: Reply(LOGIN_PAGE, after_body=True)),
    ("central_busy", lambda _: Reply(answer(503, Retry_After="1"), after_body=True)),
    ("auth_refused", _deny_uploads),
]
"""What the network does, one after the other, and what the station's log calls it."""


@pytest.fixture
def proxy(central: CentralServer) -> Iterator[FaultProxy]:
    where = urlsplit(central.url)
    with FaultProxy(str(where.hostname), int(where.port or 0)) as proxy:
        yield proxy


@pytest.fixture
def station(tmp_path: Path, central: CentralServer, proxy: FaultProxy) -> Iterator[DockStation]:
    by_way_of_the_proxy = SimpleNamespace(url=proxy.url, add_station=central.add_station)
    station = DockStation(tmp_path, by_way_of_the_proxy, name="behind-a-proxy")  # type: ignore[arg-type]
    station.enroll()
    yield station
    station.kill()


def test_a_card_keeps_every_file_until_the_network_has_brought_its_receipt(
    station: DockStation, central: CentralServer, proxy: FaultProxy
) -> None:
    """The real agent behind a portal, a busy central and a wrong 401: the card is untouched, IT is told each by name,
    and once the network heals every file reaches central before it leaves the card."""
    proxy.intercept = STORY[0][1]
    station.start()
    card = station.dock("BWC0042", "--files", "2", "--size", "300KiB")
    held = files_below(card)
    for code, intercept in STORY:
        proxy.intercept = intercept
        eventually(lambda code=code: _is_named(station, code), why=f"the log names {code}", within_s=90)
        assert files_below(card) == held, "nothing leaves a card while its receipts cannot be had"
    proxy.heal()
    station.wait_safe("BWC0042", within_s=120)
    stored = {digest: path.read_bytes() for digest, path in central.objects().items()}
    for digest in held.values():
        assert hashlib.sha256(stored[digest]).hexdigest() == digest
    assert len(files_below(card)) < len(held), "and then the card was emptied"


def _is_named(station: DockStation, code: str) -> bool:
    parked = any(entry.get("reason") == code for entry in station.logged("asset_parked"))
    return parked or bool(station.logged(code))
