"""Stations that are not as they should be: named, contained, shown to IT."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from central.fleet import knocks
from central.fleet.course import MOST_BOOTS, is_twin, with_boot
from central.fleet.knocks import Sort, lately, note
from central.fleet.models import Knock
from central.intake.pace import AT_ONCE, HEARTBEATS, OTHERS, Allowance, Bucket, Pace, TooMuch
from protocol import messages
from tests.central.conftest import StockedServer
from tests.central.station_client import StationClient
from tests.dock_station import eventually

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_a_bucket_gives_what_fell_in_and_no_more() -> None:
    bucket, allowed = Bucket(3, 0.0), Allowance(2, 3)
    assert [bucket.take(allowed, 0.0) for _ in range(4)] == [0, 0, 0, 0.5]
    assert [bucket.take(allowed, 0.5) for _ in range(2)] == [0, 0.5]
    assert bucket.take(allowed, 0.4) > 0, "a clock that went back gives nothing"
    assert [bucket.take(allowed, 100.0) for _ in range(4)][-1] == 0.5, "a long rest fills it once"


def test_one_station_has_so_many_under_way_and_another_one_its_own() -> None:
    pace = Pace()
    held = [pace.request("east", "verify", 0.0) for _ in range(AT_ONCE)]
    for one in held:
        one.__enter__()
    with pytest.raises(TooMuch), pace.request("east", "verify", 0.0):
        pass
    with pace.request("west", "verify", 0.0):
        pass
    held[0].__exit__(None, None, None)
    with pace.request("east", "verify", 0.0):
        pass


def test_a_flood_of_heartbeats_leaves_the_uploads_of_its_station_alone() -> None:
    pace = Pace()
    waits: list[int] = []

    def ask(call: str) -> bool:
        try:
            with pace.request("east", call, 0.0):
                return True
        except TooMuch as much:
            waits.append(much.retry_after_s)
            return False

    assert sum(ask("heartbeats") for _ in range(1000)) == HEARTBEATS.burst
    assert all(ask("tus_patch") for _ in range(1000))
    assert sum(ask("tus_patch") for _ in range(5000)) == OTHERS.burst - 1000
    assert min(waits) >= 1


@pytest.mark.parametrize(
    ("boots", "twins"), [("aaa", 0), ("aab", 0), ("abc", 0), ("aba", 1), ("abab", 2), ("aabba", 1)]
)
def test_a_boot_that_speaks_again_after_another_is_another_pc(boots: str, twins: int) -> None:
    heard: list[str] = []
    found = 0
    for boot in boots:
        found += is_twin(heard, boot)
        heard = with_boot(heard, boot)
    assert found == twins
    for number in range(99):
        heard = with_boot(heard, str(number))
    assert len(heard) == MOST_BOOTS


@pytest.fixture
def fresh_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocks, "_counts", {})


@pytest.mark.django_db
def test_a_thousand_knocks_are_one_row_written_a_few_times(
    fresh_counts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes: list[int] = []
    keep = knocks._keep
    monkeypatch.setattr(
        knocks, "_keep", lambda key, times, now, detail: (writes.append(times), keep(key, times, now, detail))
    )
    for number in range(1000):
        note(Sort.FLOOD, "east", NOW + number * SECOND / 20)
    (row,) = lately(NOW + 60 * SECOND)
    assert row.times == sum(writes) > 800
    assert writes[:4] == [1, 1, 2, 4], "the first ones are seen at once"
    assert len(writes) < 20
    assert lately(NOW + 3600 * SECOND) == []
    note(Sort.FLOOD, "east", NOW + 3600 * SECOND)
    assert Knock.objects.get().first_at == NOW + 3600 * SECOND, "what comes after a rest begins anew"


@pytest.mark.django_db
def test_strangers_from_everywhere_do_not_fill_the_table(fresh_counts: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(knocks, "MOST_ROWS", 20)
    for number in range(100):
        note(Sort.CREDENTIAL, f"10.0.0.{number}", NOW + number * SECOND)
    assert Knock.objects.count() == 20
    assert Knock.objects.filter(subject="10.0.0.99").exists()


def heartbeat(boot: str = "b", **at: Any) -> messages.Heartbeat:
    clock = messages.ClockReading(wall=datetime.now(UTC), monotonic_ns=1, boot_id=boot, **at)
    return messages.Heartbeat(sequence=1, version="1.0.0", at=clock, uptime_s=1.0)


def test_a_message_of_a_newer_protocol_is_taken_if_it_can_be_and_named_if_not(station: StationClient) -> None:
    newer = {"Dock-Protocol": "7"}
    body = json.loads(messages.encode(heartbeat()))
    taken = station.http.post(
        f"{station.url}/api/v1/heartbeats", json={**body, "mood": "fine"}, headers=newer, timeout=30
    )
    assert taken.status_code == 200
    body["uptime_s"] = {"seconds": 1}
    for headers, code in ((newer, "protocol_too_new"), ({}, "bad_request"), ({"Dock-Protocol": "x"}, "bad_request")):
        answer = station.http.post(f"{station.url}/api/v1/heartbeats", json=body, headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_station_that_asks_without_end_is_slowed_down_and_the_others_are_served(central: StockedServer) -> None:
    loud, other = central.join(), central.join()
    answers: list[requests.Response] = []

    def hammer() -> None:
        own = requests.Session()
        own.headers.update(loud.http.headers)
        for _ in range(60):
            body = messages.encode(heartbeat())
            answers.append(own.post(f"{loud.url}/api/v1/heartbeats", data=body, timeout=60))
        own.close()

    threads = [threading.Thread(target=hammer) for _ in range(5)]
    for thread in threads:
        thread.start()
    seen = {other.call("POST", "/heartbeats", heartbeat()).status_code for _ in range(20)}
    for thread in threads:
        thread.join()
    assert seen == {200}
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(answers) - len(refused) >= HEARTBEATS.burst
    assert refused
    assert {answer.json()["code"] for answer in refused} == {"too_many_requests"}
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in refused)
    assert loud.call("GET", "/ledgers").status_code == 200, "its other calls are another matter"
    loud.close()
    other.close()


def test_it_is_told_of_each_of_them(own_central: StockedServer) -> None:
    (own_central.data_dir / "central.toml").write_text('[alarms]\nwait = "1s"\ndisk_low = "0B"\n')
    own_central.start()
    loud, off, twin, newer, gone = (own_central.join() for _ in range(5))
    for _ in range(350):
        loud.call("POST", "/heartbeats", heartbeat())
    off.call("POST", "/heartbeats", heartbeat(offset_ms=400_000.0))
    for boot in "abab":
        twin.call("POST", "/heartbeats", heartbeat(boot))
    newer.http.post(f"{newer.url}/api/v1/heartbeats", data=b'{"a": 1}', headers={"Dock-Protocol": "9"}, timeout=30)
    assert own_central.command("station", "revoke", gone.enrolled.station, "--reason", "stolen").returncode == 0
    for _ in range(4):
        assert gone.call("GET", "/ledgers").json()["code"] == "credential_revoked"
        requests.get(f"{gone.url}/api/v1/ledgers", headers={"Authorization": "Bearer nonsense"}, timeout=30)
    wanted = {
        ("flood", loud.enrolled.station),
        ("clock_off", off.enrolled.station),
        ("two_pcs", twin.enrolled.station),
        ("protocol_too_new", newer.enrolled.station),
        ("credential_refused", gone.enrolled.station),
        ("credential_refused", "127.0.0.1"),
    }

    def opened() -> set[tuple[str, str]]:
        rows = json.loads(own_central.command("alarm", "list", "--format", "json").stdout)
        return {(row["kind"], row["subject"]) for row in rows}

    eventually(lambda: opened() >= wanted, why="each is an alarm")
    for one in (loud, off, twin, newer, gone):
        one.close()
