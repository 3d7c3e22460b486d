"""An event that central will never take, and one that it cannot understand: both are shown, nothing waits behind."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import requests

from agent.adapters.central_api import CentralApi, enroll
from agent.adapters.http_session import HttpSession
from agent.errors import Refused
from agent.reporting.history import HistoryWatch
from agent.reporting.outbox import Outbox
from agent.rules.changes import DeviceRefused, WatchStarted
from tests.central_server import CentralServer
from tests.upload.station import STATION, Station

TOO_MUCH = 33 << 20
"""Bytes. More than central reads at once."""


def write(station: Station, events: int = 1, **facts: str) -> None:
    for _ in range(events):
        station.ledger.commit(WatchStarted(at=station.clock.now(), reason="test", sources=()))
    if facts:
        station.ledger.commit(DeviceRefused(at=station.clock.now(), bay="1-1", reason="keyboard", facts=facts))


def send_all(outbox: Outbox) -> None:
    for _ in range(100):
        try:
            if outbox.send() == 0:
                return
        except Refused:
            continue


def test_events_behind_one_that_central_refuses_arrive_and_all_is_shown(tmp_path: Path, station: Station) -> None:
    with CentralServer(tmp_path / "central") as central:
        central.init()
        central.start()
        credential = enroll(HttpSession(central.url), central.url, central.add_station(STATION), os.urandom(32))
        http = HttpSession(central.url, credential=lambda: credential.credential)
        api = CentralApi(http, central.url)
        outbox = Outbox(station.ledger, api, HistoryWatch(station.ledger, station.clock))
        write(station, 3, said="x" * TOO_MUCH)
        write(station, 60)
        send_all(outbox)
        head = station.ledger.head()
        assert head is not None
        assert api.ledger_heads() == [(station.ledger.uuid, head.number, head.hash.hex())]
        assert list(outbox.withheld) == [5]

        not_understood = {"type": "poem", "at": "dusk"}
        number, previous = head.number, head.hash.hex()
        envelope = {"ledger_uuid": str(station.ledger.uuid), "number": number + 1, "previous_hash": previous}
        answer = requests.post(
            f"{central.url}/api/v1/events",
            json={"events": [{**envelope, "body": json.dumps(not_understood)}]},
            headers={"Authorization": f"Bearer {credential.credential}"},
            timeout=30,
        )
        assert answer.json()["highest_contiguous"] == number + 1
        parked = json.loads(central.command("export", "parked", "--format", "json").stdout)
        assert [row["number"] for row in parked] == [5, number + 1]
        assert "withheld by its station" in parked[0]["reason"]
        assert parked[0]["hash"] == station.ledger.events_after(4, 1)[0].hash.hex()
        (ledger,) = json.loads(central.command("export", "ledgers", "--format", "json").stdout)
        assert (ledger["head_number"], ledger["parked_events"], ledger["missing_from"]) == (number + 1, 2, None)
        http.close()


def test_an_event_that_does_not_follow_its_predecessor_is_a_fork_also_when_it_is_withheld(
    tmp_path: Path, station: Station
) -> None:
    with CentralServer(tmp_path / "central") as central:
        central.init()
        central.start()
        credential = enroll(HttpSession(central.url), central.url, central.add_station(STATION), os.urandom(32))
        http = HttpSession(central.url, credential=lambda: credential.credential)
        api = CentralApi(http, central.url)
        write(station, 4)
        api.post_events(station.ledger.events_after(0, 3), station.ledger.uuid)
        (fourth,) = station.ledger.events_after(3, 1)
        (second,) = station.ledger.events_after(1, 1)
        forged = type(fourth)(4, second.hash, fourth.hash, fourth.body)
        for withheld in ("", "too_large"):
            with pytest.raises(Refused) as refused:
                api.post_events((forged,), station.ledger.uuid, withheld)
            assert refused.value.code == "fork"
        http.close()
