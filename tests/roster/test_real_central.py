"""A real central: commands beside it, a scheduler that posts to it, and stations that get what was posted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import requests

from protocol.messages import RosterImportAnswer
from tests.central.station_client import StationClient
from tests.central_server import CentralServer
from tests.roster.rows import as_file, shift

TODAY = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CentralServer]:
    with CentralServer(tmp_path_factory.mktemp("central") / "data") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture(scope="module")
def key(central: CentralServer) -> str:
    return central.command("key", "add", "scheduler").stdout.strip()


def post(
    central: CentralServer, key: str, content: bytes, *, media_type: str = "text/csv", **query: str
) -> requests.Response:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": media_type}
    url = f"{central.url}/api/v1/roster/imports"
    return requests.post(url, data=content, headers=headers, params=query, timeout=60)


def future(shift_id: str, **more: object):  # type: ignore[no-untyped-def]
    return shift(shift_id, **{"starts_at": TODAY + HOUR, "ends_at": TODAY + 9 * HOUR, **more})


def test_a_posted_roster_reaches_its_station_and_posted_again_changes_nothing(
    central: CentralServer, key: str
) -> None:
    station = StationClient(central.url, central.add_station("api-1"))
    before = station.call("GET", "/roster").headers["ETag"]
    first = post(central, key, as_file([future("API-1", stations=("api-1",))]))
    again = post(central, key, as_file([future("API-1", stations=("api-1",))]))
    assert (first.status_code, again.status_code) == (200, 200)
    assert (first.json()["state"], first.json()["added"], again.json()["unchanged"]) == ("applied", 1, 1)
    assert RosterImportAnswer(**{name: first.json()[name] for name in RosterImportAnswer.__struct_fields__})
    after = station.call("GET", "/roster", headers={"If-None-Match": before})
    assert [one["shift_id"] for one in after.json()["shifts"]] == ["API-1"]
    unchanged = station.call("GET", "/roster", headers={"If-None-Match": after.headers["ETag"]})
    assert unchanged.status_code == 304
    station.close()


def test_a_posted_roster_with_errors_is_refused_whole_and_every_row_is_named(
    central: CentralServer, key: str
) -> None:
    bad = as_file([future("ERR-1"), future("ERR-2", officer_id=""), future("ERR-3", ends_at=TODAY)])
    answer = post(central, key, bad)
    assert answer.status_code == 422
    assert answer.json()["code"] == "roster_refused"
    assert [(one["row"], one["column"]) for one in answer.json()["errors"]] == [(3, "officer_id"), (4, "ends_at")]
    assert post(central, key, as_file([future("ERR-1")]), dry_run="true").json()["added"] == 1


def test_a_posted_roster_that_looks_wrong_waits_until_it_is_confirmed_by_a_command(
    central: CentralServer, key: str
) -> None:
    rows = [future(f"WAIT-{n}", camera_serial=f"W{n}", officer_id=f"W{n}") for n in range(10)]
    assert post(central, key, as_file(rows)).status_code == 200
    moved = as_file([replace(row, ends_at=row.ends_at + HOUR) for row in rows])
    answer = post(central, key, moved)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert answer.json()["doubts"][0].startswith("10 shifts would end 1:00:00 later than before")
    number = str(answer.json()["number"])
    pending = central.command("roster", "pending").stdout
    assert (pending.split("\t")[0], "api:scheduler" in pending) == (number, True)
    confirmed = central.command("roster", "confirm", number)
    assert (confirmed.returncode, "10 changed" in confirmed.stderr) == (0, True)
    assert central.command("roster", "pending").stdout == ""
    assert central.command("roster", "confirm", number).returncode == 1


def test_the_command_says_what_waits_and_how_to_go_on_and_exits_with_1(central: CentralServer) -> None:
    path = central.data_dir / "window.csv"
    path.write_bytes(as_file([future("CLI-1"), future("CLI-2", camera_serial="C2")]))
    window = f"{(TODAY - HOUR).isoformat()}..{(TODAY + 300 * HOUR).isoformat()}"
    far = timedelta(hours=240)
    two = [
        future(f"CLI-{n}", camera_serial=f"C{n}", starts_at=TODAY + far, ends_at=TODAY + far + HOUR) for n in (1, 2)
    ]
    path.write_bytes(as_file(two))
    assert central.command("roster", "import", str(path)).returncode == 0
    path.write_bytes(as_file(two[:1]))
    window = f"{(TODAY + far - HOUR).isoformat()}..{(TODAY + far + HOUR).isoformat()}"
    waits = central.command("roster", "import", str(path), "--replace-window", window)
    assert waits.returncode == 1
    assert "1 of the 2 shifts would be withdrawn" in waits.stderr
    number = central.command("roster", "pending").stdout.split("\t")[0]
    assert f"dock-central roster confirm {number}; to drop it: roster discard {number}" in waits.stderr
    assert central.command("roster", "discard", number).returncode == 0
    assert central.command("roster", "import", str(path), "--replace-window", "november").returncode == 1


@pytest.mark.parametrize(
    ("shown", "media_type", "query", "status", "code"),
    [
        ("", "text/csv", {}, 401, "unauthorized"),
        ("dockkey_wrong", "text/csv", {}, 401, "unauthorized"),
        (None, "application/json", {}, 415, "not_csv"),
        (None, "text/csv", {"replace_window": "2026-12-01..2026-11-01"}, 400, "bad_window"),
        (None, "text/csv", {"dry_run": "perhaps"}, 400, "bad_dry_run"),
        (None, "text/csv", {"dry_run": ""}, 400, "bad_dry_run"),
    ],
)
def test_what_is_not_clear_is_refused_and_imports_nothing(
    central: CentralServer,
    key: str,
    shown: str | None,
    media_type: str,
    query: dict[str, str],
    status: int,
    code: str,
) -> None:
    answer = post(central, key if shown is None else shown, as_file([future("NO-1")]), media_type=media_type, **query)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_key_opens_nothing_else_a_stations_credential_posts_no_roster_and_a_revoked_key_is_dead(
    central: CentralServer,
) -> None:
    made = central.command("key", "add", "second")
    assert central.command("key", "add", "second").returncode == 1
    url, second = central.url, made.stdout.strip()
    opened = requests.get(f"{url}/api/v1/roster", headers={"Authorization": f"Bearer {second}"}, timeout=20)
    station = StationClient(url, central.add_station("keys-1"))
    assert (opened.status_code, post(central, second, as_file([future("KEY-1")])).status_code) == (401, 200)
    assert post(central, station.enrolled.credential, as_file([future("KEY-1")])).status_code == 401
    assert central.command("key", "revoke", "second").returncode == 0
    assert post(central, second, as_file([future("KEY-1")])).status_code == 401
    listed = central.command("key", "list").stdout
    assert second not in listed
    (line,) = [one for one in listed.splitlines() if one.startswith("second\t")]
    assert "\tused " in line
    assert "\trevoked " in line
    station.close()


def test_rosters_that_are_brought_at_the_same_time_come_in_one_after_the_other(
    central: CentralServer, key: str
) -> None:
    files = [as_file([future("RACE", camera_serial=f"R{n}"), future(f"RACE-{n}")]) for n in range(6)]
    with ThreadPoolExecutor(len(files)) as many:
        answers = list(many.map(lambda content: post(central, key, content), files))
    assert [one.status_code for one in answers] == [200] * 6
    assert sum(one.json()["added"] for one in answers) == 7
    assert sum(one.json()["changed"] for one in answers) == 5


def test_supervisors_come_in_by_command(central: CentralServer) -> None:
    path = central.data_dir / "supervisors.csv"
    path.write_text("unit,supervisor_email,escalate_to_email,on_duty_email\nEast,chen@pd.example,,\n")
    dry = central.command("supervisors", "import", str(path), "--dry-run")
    real = central.command("supervisors", "import", str(path))
    assert "1 units: 1 would be added" in dry.stderr
    assert "1 units: 1 were added" in real.stderr
    path.write_text("unit,supervisor_email\nEast,nobody\n")
    bad = central.command("supervisors", "import", str(path))
    assert (bad.returncode, "row 2, supervisor_email: 'nobody' is no mail address" in bad.stderr) == (1, True)


def test_cameras_without_a_shift_are_listed_as_rows(central: CentralServer) -> None:
    done = central.command("roster", "without-shift", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)) == (0, [])
