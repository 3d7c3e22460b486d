"""Codes are spent once; a credential opens only its own station's doors."""

from __future__ import annotations

import threading

import requests

from protocol import messages
from protocol.events import LedgerOpened
from tests.central.conftest import StockedServer
from tests.central.station_client import Chain, StationClient, b64, clock_at

KEY = b64(bytes(32))


def enroll(url: str, code: str, key: str = KEY) -> requests.Response:
    message = messages.EnrollRequest(code=code, public_key=key)
    return requests.post(f"{url}/api/v1/enroll", data=messages.encode(message), timeout=20)


def test_a_code_is_good_for_one_pc_even_when_many_ask_at_once(central: StockedServer) -> None:
    code, answers = next(central.codes), []
    threads = [threading.Thread(target=lambda: answers.append(enroll(central.url, code))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] + [403] * 7


def test_a_bad_public_key_does_not_spend_the_code(central: StockedServer) -> None:
    code = next(central.codes)
    assert enroll(central.url, code, "too short").status_code == 400
    assert enroll(central.url, code).status_code == 200


def test_nobody_gets_in_without_a_credential(central: StockedServer, station: StationClient) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"Authorization": "Basic abc"},
        {"Authorization": "Bearer "},
    ):
        for path in ("roster", "ledgers"):
            answer = requests.get(f"{central.url}/api/v1/{path}", headers=headers, timeout=20)
            assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
            assert answer.headers["Dock-Protocol"] == "1"


def test_the_credential_itself_is_not_stored(central: StockedServer, station: StationClient) -> None:
    for path in central.data_dir.glob("central.sqlite3*"):
        assert station.enrolled.credential.encode() not in path.read_bytes()


def test_a_replaced_pc_is_shut_out_and_its_ledger_closed_when_the_new_one_enrols(central: StockedServer) -> None:
    old = central.join()
    chain = Chain()
    assert old.send_events(chain.add(LedgerOpened(at=clock_at(), reason="new"))).status_code == 200
    done = central.command("station", "replace", old.enrolled.station)
    assert old.call("GET", "/ledgers").status_code == 200, "the old PC may deliver until then"
    new = StationClient(central.url, done.stdout.strip())
    assert new.enrolled.station == old.enrolled.station
    assert old.call("GET", "/ledgers").status_code == 401
    assert new.call("GET", "/ledgers").json()["heads"][0]["number"] == 1
    late = new.send_events(chain.add(LedgerOpened(at=clock_at(), reason="new")))
    assert (late.status_code, late.json()["code"]) == (409, "ledger_closed")
    fresh = Chain()
    assert new.send_events(fresh.add(LedgerOpened(at=clock_at(), reason="rebuilt"))).status_code == 200
    old.close()
    new.close()


def test_a_stolen_pc_can_be_shut_out_at_once(central: StockedServer) -> None:
    stolen = central.join()
    assert central.command("station", "replace", stolen.enrolled.station, "--revoke-now").returncode == 0
    assert stolen.call("GET", "/ledgers").status_code == 401
    stolen.close()


def test_the_code_stands_alone_on_stdout_and_an_enrolled_station_is_not_added_again(
    central: StockedServer, station: StationClient
) -> None:
    added = central.command("station", "add", "east.new_1-x")
    assert (added.returncode, len(added.stdout.splitlines()), added.stderr) == (0, 1, "")
    refused = central.command("station", "add", station.enrolled.station)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "station replace" in refused.stderr
    again = central.command("station", "add", "east.new_1-x")
    assert again.stdout != added.stdout
    assert enroll(central.url, added.stdout).status_code == 403, "only the latest code counts"
    assert enroll(central.url, again.stdout).status_code == 200


def test_a_large_body_without_a_credential_is_not_read(central: StockedServer) -> None:
    for path in ("/api/v1/enroll", "/login"):
        answer = requests.post(central.url + path, data=b"x" * 100_000, timeout=10)
        assert answer.status_code == 413
