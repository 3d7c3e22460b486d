"""The commands of dock-central as people and scripts use them."""

from __future__ import annotations

import csv
import io
import json
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from tests.central.conftest import StockedServer
from tests.central.station_client import StationClient
from tests.central_server import CentralServer

ASSET_COLUMNS = [
    "asset_id",
    "sha256",
    "size",
    "camera_serial",
    "station_id",
    "source_path",
    "recorded_at",
    "docked_at",
    "staged_at",
    "uploaded_at",
    "verified_at",
    "erased_at",
    "state",
]
DOCK_COLUMNS = ["camera_serial", "station_id", "bay", "absent_until", "docked_at", "undocked_at", "drained_at"]
STATION_COLUMNS = ["station_id", "state", "last_heartbeat_at", "watched_until", "version", "oldest_unreceipted_at"]


def test_init_makes_private_files_and_running_it_again_overwrites_nothing(tmp_path: Path) -> None:
    central = CentralServer(tmp_path / "new" / "central")
    assert central.command("init").returncode == 0
    before = {p.name: p.read_bytes() for p in central.data_dir.iterdir() if p.is_file() and "sqlite" not in p.name}
    assert stat.S_IMODE(central.data_dir.stat().st_mode) == 0o700
    for name in ("receipt_key.pem", "secret_key", "central.sqlite3", "central.toml"):
        assert stat.S_IMODE((central.data_dir / name).stat().st_mode) == 0o600
    (central.data_dir / "central.toml").write_text("# mine\n")
    assert central.command("init").returncode == 0
    assert (central.data_dir / "central.toml").read_text() == "# mine\n"
    for name in ("receipt_key.pem", "secret_key"):
        assert (central.data_dir / name).read_bytes() == before[name]


def test_commands_on_a_directory_that_is_no_central_say_what_to_do(tmp_path: Path) -> None:
    done = CentralServer(tmp_path / "nothing").command("export", "assets", "--format", "csv")
    assert (done.returncode, done.stdout) == (1, "")
    assert "dock-central init" in done.stderr
    assert not (tmp_path / "nothing").exists()


@pytest.mark.parametrize("listen", ["8080", "nowhere", "127.0.0.1:70000", "::1:80", "host:", "[::1:80"])
def test_a_listen_address_that_is_none_is_refused(own_central: CentralServer, listen: str) -> None:
    done = own_central.command("serve", "--listen", listen)
    assert done.returncode == 2
    assert "--listen" in done.stderr


@pytest.mark.parametrize("listen", ["0.0.0.0:0", "localhost:0", "[::1]:0"])
def test_any_listen_address_and_any_host_name_works(own_central: CentralServer, listen: str) -> None:
    if "::" in listen and not socket.has_dualstack_ipv6():
        listen = "127.0.0.2:0"
    own_central.start(listen)
    answer = requests.get(own_central.url + "/healthz", headers={"Host": "any.name.example"}, timeout=20)
    assert (answer.status_code, answer.json()["ok"]) == (200, True)
    assert requests.get(own_central.url + "/login", headers={"Host": "other.example"}, timeout=20).status_code == 200


def test_a_taken_port_is_told_and_the_status_is_not_zero(central: StockedServer, own_central: CentralServer) -> None:
    done = own_central.command("serve", "--listen", central.url.removeprefix("http://"))
    assert done.returncode != 0


def test_exports_have_the_columns_of_the_contract_in_front(central: StockedServer) -> None:
    for what, columns in (("assets", ASSET_COLUMNS), ("docks", DOCK_COLUMNS), ("stations", STATION_COLUMNS)):
        done = central.command("export", what, "--format", "csv")
        assert done.returncode == 0
        assert next(csv.reader(io.StringIO(done.stdout)))[: len(columns)] == columns


def test_unknown_values_are_null_in_json_and_empty_in_csv(
    own_central: StockedServer, joined: Callable[[], StationClient]
) -> None:
    joined().deliver(b"bytes without events", camera="C9")
    (row,) = json.loads(own_central.command("export", "assets", "--format", "json").stdout)
    assert (row["recorded_at"], row["erased_at"], row["state"]) == (None, None, "UPLOADED")
    (cells,) = csv.DictReader(io.StringIO(own_central.command("export", "assets", "--format", "csv").stdout))
    assert (cells["recorded_at"], cells["camera_serial"], cells["state"]) == ("", "C9", "UPLOADED")


def test_an_empty_json_export_is_an_empty_array(own_central: StockedServer) -> None:
    assert json.loads(own_central.command("export", "docks", "--format", "json").stdout) == []


def test_cells_that_a_spreadsheet_would_run_are_made_harmless_in_csv_only(
    own_central: StockedServer, joined: Callable[[], StationClient]
) -> None:
    joined().deliver(b"x", camera='=HYPERLINK("http://evil")', path=b"+1\xff\n.mp4")
    (cells,) = csv.DictReader(io.StringIO(own_central.command("export", "assets", "--format", "csv").stdout))
    assert cells["camera_serial"] == '\'=HYPERLINK("http://evil")'
    assert cells["source_path"] == "'+1\\xff\n.mp4"
    (row,) = json.loads(own_central.command("export", "assets", "--format", "json").stdout)
    assert row["camera_serial"] == '=HYPERLINK("http://evil")'


def test_a_person_is_added_once_and_never_without_a_password(own_central: StockedServer) -> None:
    arguments = ("user", "add", "pat@example", "--role", "it", "--password-stdin")
    assert own_central.command(*arguments, stdin="").returncode == 1
    assert own_central.command(*arguments, stdin="long enough\n").returncode == 0
    again = own_central.command(*arguments, stdin="another\n")
    assert again.returncode == 1
    assert "there already" in again.stderr
    assert own_central.command("user", "add", "pat", "--role", "it", "--password-stdin", stdin="x\n").returncode == 1
    assert (
        own_central.command("user", "add", "a@b", "--role", "boss", "--password-stdin", stdin="x\n").returncode == 2
    )


def test_everything_that_serve_says_is_json_on_stdout(own_central: StockedServer) -> None:
    own_central.start()
    requests.get(own_central.url + "/healthz", timeout=20)
    requests.get(own_central.url + "/api/v1/nothing", timeout=20)
    assert own_central.wait_for_log("request")["path"] == "/healthz"
    own_central.stop()
    assert [entry for entry in own_central.log if entry["event"] == "not_json"] == []
