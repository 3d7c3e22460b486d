"""Central is killed at awkward moments; nothing that it confirmed is lost and nothing is invented."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.central.raw_patch import RawPatch
from tests.central.station_client import StationClient, sha256
from tests.central_server import CentralServer

MIB = 1024 * 1024


def come_back(central: CentralServer, station: StationClient) -> None:
    station.url = central.start()


def test_an_upload_goes_on_after_kill_9_in_the_middle_of_a_patch(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data, asset_id = joined(), os.urandom(6 * MIB), uuid.uuid4()
    location = station.create(asset_id, len(data)).headers["Location"]
    station.patch(location, 0, data[:MIB])
    patch = RawPatch(station, location, MIB, len(data) - MIB)
    patch.send(data[MIB : 4 * MIB])
    part = own_central.data_dir / "parts" / location.rsplit("/", 1)[1]
    deadline = time.monotonic() + 10
    while part.stat().st_size <= MIB and time.monotonic() < deadline:
        time.sleep(0.01)
    own_central.kill()
    assert part.stat().st_size > MIB, "bytes nobody committed are on the disk"
    come_back(own_central, station)
    assert station.head(location).headers["Upload-Offset"] == str(MIB)
    assert station.patch(location, MIB, data[MIB:]).status_code == 204
    assert station.verify(asset_id, sha256(data), len(data)).status_code == 200
    assert own_central.objects()[sha256(data)].read_bytes() == data


def test_bytes_that_nobody_committed_are_cut_off(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, asset_id = joined(), uuid.uuid4()
    location = station.create(asset_id, 10).headers["Location"]
    station.patch(location, 0, b"01234")
    own_central.kill()
    with (own_central.data_dir / "parts" / location.rsplit("/", 1)[1]).open("ab") as part:
        part.write(b"garbage of a torn write")
    come_back(own_central, station)
    assert station.patch(location, 5, b"56789").status_code == 204
    assert station.verify(asset_id, sha256(b"0123456789"), 10).status_code == 200


def test_the_offset_goes_back_when_the_disk_lost_bytes(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, asset_id = joined(), uuid.uuid4()
    location = station.create(asset_id, 10).headers["Location"]
    station.patch(location, 0, b"01234")
    own_central.kill()
    os.truncate(own_central.data_dir / "parts" / location.rsplit("/", 1)[1], 2)
    come_back(own_central, station)
    assert station.head(location).headers["Upload-Offset"] == "2"
    assert station.patch(location, 2, b"23456789").status_code == 204
    assert station.verify(asset_id, sha256(b"0123456789"), 10).status_code == 200


def test_a_verification_that_died_with_the_process_is_done_again(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data = joined(), os.urandom(MIB)
    asset_id = station.deliver(data)
    digest = sha256(data)
    # The state that a kill between publishing the object and committing its rows leaves behind.
    (part,) = (own_central.data_dir / "parts").iterdir()
    own_central.kill()
    target = own_central.data_dir / "objects" / digest[:2] / digest
    target.parent.mkdir()
    os.link(part, target)
    come_back(own_central, station)
    assert station.receipt_of(station.verify(asset_id, digest, len(data))).sha256 == digest
    assert target.read_bytes() == data


def test_what_a_kill_right_after_the_commit_left_undone_is_done_by_the_next_question(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station, data = joined(), os.urandom(MIB)
    asset_id = station.deliver(data)
    digest = sha256(data)
    (part,) = (own_central.data_dir / "parts").iterdir()
    station.verify(asset_id, digest, len(data))
    own_central.kill()
    target = own_central.data_dir / "objects" / digest[:2] / digest
    target.chmod(0o600)
    os.link(target, part)
    come_back(own_central, station)
    assert station.verify(asset_id, digest, len(data)).status_code == 200
    assert not part.exists()
    assert target.stat().st_mode & 0o777 == 0o440


def test_receipts_and_events_survive_kill_9(own_central: CentralServer, joined: Callable[[], StationClient]) -> None:
    station, data = joined(), b"evidence"
    asset_id = station.deliver(data)
    given = station.verify(asset_id, sha256(data), len(data)).json()
    own_central.kill()
    come_back(own_central, station)
    assert station.call("GET", f"/assets/{asset_id}/receipt").json() == given


def test_a_second_server_on_the_same_directory_is_refused(own_central: CentralServer) -> None:
    own_central.start()
    refused = own_central.command("serve", "--listen", "127.0.0.1:0")
    assert refused.returncode == 1
    assert "serves" in refused.stderr


def test_ctrl_c_stops_everything_cleanly(own_central: CentralServer) -> None:
    own_central.start()
    assert own_central.process is not None
    group, process = os.getpgid(own_central.process.pid), own_central.process
    os.killpg(group, signal.SIGINT)
    assert process.wait(10) == 0
    with pytest.raises(ProcessLookupError):
        os.killpg(group, 0)


def test_killing_the_parent_alone_leaves_no_worker_behind(own_central: CentralServer) -> None:
    own_central.start()
    assert own_central.process is not None
    children = Path(f"/proc/{own_central.process.pid}/task/{own_central.process.pid}/children")
    deadline = time.monotonic() + 10
    while not (workers := children.read_text().split()):  # it listens before it has forked
        assert time.monotonic() < deadline, "no worker"
        time.sleep(0.01)
    (worker,) = workers
    os.kill(own_central.process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 5
    while Path(f"/proc/{worker}/cmdline").exists() and Path(f"/proc/{worker}/cmdline").read_bytes():
        assert time.monotonic() < deadline, "the worker outlived its parent"
        time.sleep(0.01)


def test_sigterm_stops_soon_and_commits_what_arrived(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    station = joined()
    location = station.create(uuid.uuid4(), 1000).headers["Location"]
    patch = RawPatch(station, location, 0, 1000)
    patch.send(b"x" * 400)
    time.sleep(0.2)
    before = time.monotonic()
    assert own_central.stop() == 0
    assert time.monotonic() - before < 10
    patch.hang_up()
    come_back(own_central, station)
    assert station.head(location).headers["Upload-Offset"] == "400"
