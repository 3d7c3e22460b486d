"""Many stations at the same time: one truth for each asset, and nobody waits for the others."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from protocol import events as e
from tests.central.conftest import StockedServer
from tests.central.raw_patch import RawPatch
from tests.central.station_client import Chain, StationClient, clock_at, sha256

MIB = 1024 * 1024


def test_eight_stations_deliver_at_once_and_every_byte_arrives(central: StockedServer) -> None:
    clients = [central.join() for _ in range(8)]

    def deliver(client: StationClient) -> str:
        data, asset_id, chain = os.urandom(3 * MIB + 17), uuid.uuid4(), Chain()
        location = client.create(asset_id, len(data)).headers["Location"]
        for offset in range(0, len(data), MIB):
            assert client.patch(location, offset, data[offset : offset + MIB]).status_code == 204
            sent = client.send_events(chain.add(e.UploadIntended(at=clock_at(), asset_id=asset_id, attempt=1)))
            assert sent.status_code == 200
        assert client.verify(asset_id, sha256(data), len(data)).status_code == 200
        return sha256(data)

    with ThreadPoolExecutor(8) as pool:
        digests = list(pool.map(deliver, clients))
    stored = central.objects()
    assert [sha256(stored[digest].read_bytes()) for digest in digests] == digests
    for client in clients:
        client.close()


def test_one_asset_created_eight_times_at_once_is_one_upload(central: StockedServer) -> None:
    client, asset_id = central.join(), uuid.uuid4()
    copies = [StationSession(client) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda copy: copy.create(asset_id), copies))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.headers["Location"] for answer in answers}) == 1
    client.close()


class StationSession:
    """A further connection of the same station; a session of requests is not for several threads."""

    def __init__(self, client: StationClient) -> None:
        self.client = client

    def create(self, asset_id: uuid.UUID) -> Any:
        """As a station does it: who finds the upload held by another request asks again."""
        headers = {**self.client.http.headers, "Idempotency-Key": str(asset_id), "Upload-Length": "10"}
        deadline = time.monotonic() + 60
        while True:
            answer = requests.post(f"{self.client.url}/api/v1/uploads", headers=headers, timeout=30)
            if answer.status_code != 423 or time.monotonic() > deadline:
                return answer
            time.sleep(0.05)


def test_stalled_uploads_do_not_stop_the_others(central: StockedServer) -> None:
    slow, quick = central.join(), central.join()
    for _ in range(20):
        RawPatch(slow, slow.create(uuid.uuid4(), 1000).headers["Location"], 0, 1000).send(b"x")
    data = uuid.uuid4().bytes
    asset_id = quick.deliver(data)
    assert quick.verify(asset_id, sha256(data), len(data)).status_code == 200
    slow.close()
    quick.close()
