"""Stations report, central answers with time and roster; the roster comes from a CSV file, whole or not at all."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from protocol import messages
from tests.central.conftest import StockedServer
from tests.central.station_client import NOON, Chain, StationClient, clock_at
from tests.central.test_events import life_of
from tests.central_server import CentralServer

HEADER = "shift_id,officer_id,officer_name,camera_serial,starts_at,ends_at,supervisor_email,station_id"
SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)


def heartbeat(**more: Any) -> messages.Heartbeat:
    return messages.Heartbeat(sequence=1, version="0.1.0", at=clock_at(), uptime_s=1.0, **more)


def exported_stations(central: CentralServer) -> dict[str, dict[str, Any]]:
    done = central.command("export", "stations", "--format", "json")
    return {row["station_id"]: row for row in json.loads(done.stdout)}


def import_roster(central: CentralServer, path: Path, *lines: str, options: tuple[str, ...] = ()) -> Any:
    path.write_text("\n".join([HEADER, *lines]) + "\n")
    return central.command("roster", "import", str(path), *options)


def shift(shift_id: str, station_id: str, camera: str = "C1", end: datetime = SOON) -> str:
    start = end - timedelta(hours=8)
    return f"{shift_id},4417,Kim Lee,{camera},{start.isoformat()},{end.isoformat()},boss@example,{station_id}"


def test_a_heartbeat_is_kept_and_answered_with_time_epoch_and_roster(own_central: StockedServer) -> None:
    own_central.start()
    station, silent = own_central.join(), own_central.join()
    told = heartbeat(watched_until=NOON, watched_event=4, oldest_unreceipted_at=NOON - timedelta(days=1))
    answer = station.call("POST", "/heartbeats", told).json()
    assert answer["store_epoch"] == 1
    assert abs(datetime.fromisoformat(answer["server_time"]) - datetime.now(UTC)) < timedelta(seconds=30)
    assert answer["roster_etag"] == station.call("GET", "/roster").headers["ETag"]
    rows = exported_stations(own_central)
    mine = rows[station.enrolled.station]
    assert (mine["state"], mine["version"]) == ("online", "0.1.0")
    assert mine["oldest_unreceipted_at"] == "2026-11-19T12:00:00Z"
    assert mine["watched_until"] is None, "no event that it covers has arrived"
    assert rows[silent.enrolled.station]["state"] == "never_heard"
    assert rows["st-100"]["state"] == "not_enrolled"
    assert rows["st-100"]["last_heartbeat_at"] is None
    station.close()
    silent.close()


def test_a_station_whose_loop_hangs_is_unhealthy_and_not_silent(
    central: StockedServer, station: StationClient
) -> None:
    station.call("POST", "/heartbeats", heartbeat(loop_ages_s={"reconcile": 900.0}))
    assert exported_stations(central)[station.enrolled.station]["state"] == "unhealthy"


def test_a_head_is_countersigned_only_where_it_agrees(station: StationClient) -> None:
    wrong = messages.LedgerHead(ledger_uuid=Chain().ledger_uuid, number=3, hash="ab" * 32)
    assert station.call("POST", "/heartbeats", heartbeat(head=wrong)).status_code == 200


def test_a_station_gets_its_own_shifts_with_deadlines_and_304_while_nothing_changed(
    central: StockedServer, station: StationClient, other_station: StationClient, tmp_path: Path
) -> None:
    name = station.enrolled.station
    empty = station.call("GET", "/roster")
    mine = shift(f"A-{name}", f"{name};elsewhere", camera=f"C-{name}")
    assert import_roster(central, tmp_path / "r.csv", mine).returncode == 0
    answer = station.call("GET", "/roster", headers={"If-None-Match": empty.headers["ETag"]})
    (only,) = answer.json()["shifts"]
    assert (only["shift_id"], only["officer_id"], only["camera_serial"]) == (f"A-{name}", "4417", f"C-{name}")
    assert datetime.fromisoformat(only["deadline_at"]) == SOON + timedelta(hours=24)
    again = station.call("GET", "/roster", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert other_station.call("GET", "/roster").json()["shifts"] == []


def test_the_grace_of_a_unit_moves_the_deadline(own_central: StockedServer, tmp_path: Path) -> None:
    (own_central.data_dir / "central.toml").write_text('[lateness]\ngrace = "5s"\n[unit."East"]\ngrace = "1h"\n')
    own_central.start()
    station = own_central.join()
    lines = [shift("A", station.enrolled.station) + ",East", shift("B", station.enrolled.station, camera="C2") + ","]
    path = tmp_path / "r.csv"
    path.write_text("\n".join([HEADER + ",unit", *lines]))
    assert own_central.command("roster", "import", str(path)).returncode == 0
    shifts = {s["shift_id"]: s for s in station.call("GET", "/roster").json()["shifts"]}
    assert datetime.fromisoformat(shifts["A"]["deadline_at"]) == SOON + timedelta(hours=1)
    assert datetime.fromisoformat(shifts["B"]["deadline_at"]) == SOON + timedelta(seconds=5)
    station.close()


def test_footage_of_a_rostered_camera_carries_no_mark(own_central: StockedServer, tmp_path: Path) -> None:
    own_central.start()
    station = own_central.join()
    line = shift("A", station.enrolled.station, camera="C7", end=NOON + timedelta(hours=4))
    assert import_roster(own_central, tmp_path / "r.csv", line).returncode == 0
    chain, session = Chain(), uuid.uuid4()
    station.send_events(*[chain.add(event) for event in life_of(uuid.uuid4(), b"1", session)])
    station.deliver(b"of nobody's camera", camera="C8")
    rows = json.loads(own_central.command("export", "assets", "--format", "json").stdout)
    assert {row["camera_serial"]: row["marks"] for row in rows} == {
        "C7": [],
        "C8": ["unknown_camera", "no_officer"],
    }
    station.close()


def test_importing_the_same_roster_twice_changes_nothing(central: StockedServer, tmp_path: Path) -> None:
    lines = [shift("I-1", "depot"), shift("I-2", "depot").replace("Kim Lee", "K. Lee")]
    first = import_roster(central, tmp_path / "r.csv", *lines)
    again = import_roster(central, tmp_path / "r.csv", *lines)
    assert (first.returncode, again.returncode) == (0, 0)
    assert "0 were added, 0 changed, 2 unchanged" in again.stderr
    moved = import_roster(central, tmp_path / "r.csv", shift("I-1", "depot", end=SOON + timedelta(hours=1)), lines[1])
    assert "0 were added, 1 changed, 1 unchanged" in moved.stderr


def test_a_dry_run_changes_nothing(central: StockedServer, tmp_path: Path) -> None:
    dry = import_roster(central, tmp_path / "r.csv", shift("D-1", "depot"), options=("--dry-run",))
    assert "1 would be added" in dry.stderr
    assert "1 were added" in import_roster(central, tmp_path / "r.csv", shift("D-1", "depot")).stderr


def test_every_error_of_a_roster_is_listed_with_row_and_column_and_nothing_is_imported(
    central: StockedServer, tmp_path: Path
) -> None:
    bad = import_roster(
        central,
        tmp_path / "r.csv",
        shift("E-1", "depot"),
        "E-2,4417,Kim,C1,2026-11-20T08:00:00Z,2026-11-20T07:00:00Z,boss@example,depot",
        "E-3,,Kim,C1,yesterday,2026-11-20T07:00:00Z,nobody,depot",
        shift("E-1", "depot"),
        shift("E-5", "depot") + ",one cell too many",
    )
    assert bad.returncode == 1
    for told in ("row 3, ends_at", "row 4, officer_id", "row 4, starts_at: 'yesterday'", "row 4, supervisor_email"):
        assert told in bad.stderr
    assert "row 5, shift_id: 'E-1' stands in row 2" in bad.stderr
    assert "row 6: has more cells" in bad.stderr
    assert "1 were added" in import_roster(central, tmp_path / "r.csv", shift("E-1", "depot")).stderr


def test_missing_columns_are_named(central: StockedServer, tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("shift_id,officer,officer_name\nA,1,Kim\n")
    done = central.command("roster", "import", str(path))
    assert done.returncode == 1
    assert "camera_serial: this column is missing" in done.stderr
    assert "officer: unknown column" in done.stderr


@pytest.mark.parametrize(
    ("local", "reason"), [("2026-03-08T02:30:00", "does not exist"), ("2026-11-01T01:30:00", "exists twice")]
)
def test_a_local_time_that_is_none_or_two_is_refused(
    own_central: StockedServer, tmp_path: Path, local: str, reason: str
) -> None:
    (own_central.data_dir / "central.toml").write_text('[web]\ntime_zone = "America/Chicago"\n')
    line = f"A,1,Kim,C1,{local},2026-12-01T08:00:00,,depot"
    done = import_roster(own_central, tmp_path / "r.csv", line)
    assert done.returncode == 1
    assert reason in done.stderr
