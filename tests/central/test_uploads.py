"""tus 1.0 as central speaks it, over real HTTP."""

from __future__ import annotations

import hashlib
import os
import resource
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import requests
from resumable_upload import TusClient

from tests.central.raw_patch import RawPatch
from tests.central.station_client import STREAM, StationClient, b64, sha256
from tests.central_server import CentralServer

MIB = 1024 * 1024


def checksum(data: bytes) -> str:
    return "sha256 " + b64(hashlib.sha256(data).digest())


def offset_of(station: StationClient, location: str) -> int:
    return int(station.head(location).headers["Upload-Offset"])


def offset_becomes(station: StationClient, location: str, wanted: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if offset_of(station, location) == wanted:
            return
    raise AssertionError(f"offset is {offset_of(station, location)}, not {wanted}")


def begin(station: StationClient, length: int) -> str:
    answer = station.create(uuid.uuid4(), length)
    assert answer.status_code == 201
    return answer.headers["Location"]


def test_the_same_asset_always_gets_the_same_upload(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    first = station.create(asset_id, 10)
    station.patch(first.headers["Location"], 0, b"four")
    again = station.create(asset_id, 10)
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.headers["Upload-Offset"] == "4"


def test_a_later_attempt_ends_an_unfinished_upload_also_with_another_length(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    first = station.create(asset_id, 10)
    station.patch(first.headers["Location"], 0, b"old")
    second = station.create(asset_id, 4, attempt=2)
    assert second.status_code == 201
    assert second.headers["Location"] != first.headers["Location"]
    assert second.headers["Upload-Offset"] == "0"
    assert station.patch(first.headers["Location"], 3, b"er").status_code == 410
    assert station.patch(second.headers["Location"], 0, b"new!").status_code == 204
    assert station.verify(asset_id, sha256(b"new!"), 4).status_code == 200
    assert station.create(asset_id, 4, attempt=3).headers["Upload-Offset"] == "4", "what is stored is not sent again"


def test_a_repeated_creation_with_its_body_writes_nothing_twice(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    for _ in range(2):
        answer = station.create(asset_id, 5, body=b"hello")
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (201, "5")
    assert station.verify(asset_id, sha256(b"hello"), 5).status_code == 200


def test_another_length_for_the_same_asset_is_a_conflict(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    station.create(asset_id, 10)
    answer = station.create(asset_id, 11)
    assert (answer.status_code, answer.json()["code"]) == (409, "length_conflict")


def test_bytes_at_a_wrong_offset_are_refused_and_not_written(station: StationClient) -> None:
    location = begin(station, 10)
    station.patch(location, 0, b"01234")
    for offset in (0, 4, 6):
        answer = station.patch(location, offset, b"xx")
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (409, "5")
    assert offset_of(station, location) == 5


def test_a_body_with_another_digest_is_cut_off_again(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    location = station.create(asset_id, 10).headers["Location"]
    station.patch(location, 0, b"01234", **{"Upload-Checksum": checksum(b"01234")})
    bad = station.patch(location, 5, b"5678X", **{"Upload-Checksum": checksum(b"56789")})
    assert (bad.status_code, offset_of(station, location)) == (460, 5)
    good = station.patch(location, 5, b"56789", **{"Upload-Checksum": checksum(b"56789")})
    assert (good.status_code, good.headers["Upload-Offset"]) == (204, "10")
    assert station.verify(asset_id, sha256(b"0123456789"), 10).status_code == 200


@pytest.mark.parametrize("value", ["md5 AAAA", "sha256 ???", "sha256 AAAA", "sha256"])
def test_an_unreadable_checksum_is_refused_before_anything_is_written(station: StationClient, value: str) -> None:
    location = begin(station, 10)
    answer = station.patch(location, 0, b"01234", **{"Upload-Checksum": value})
    assert (answer.status_code, offset_of(station, location)) == (400, 0)


def test_a_body_past_the_length_is_refused_and_not_written(station: StationClient) -> None:
    location = begin(station, 3)
    assert station.patch(location, 0, b"0123").status_code == 413
    assert offset_of(station, location) == 0


def test_a_station_cannot_see_the_uploads_of_another(station: StationClient, other_station: StationClient) -> None:
    asset_id = uuid.uuid4()
    location = station.create(asset_id, 3).headers["Location"]
    assert other_station.head(location).status_code == 404
    assert other_station.patch(location, 0, b"abc").status_code == 404
    assert other_station.create(asset_id, 3).status_code == 404
    assert offset_of(station, location) == 0


def test_nothing_can_be_terminated(station: StationClient) -> None:
    location = begin(station, 3)
    assert station.http.delete(station.url + location).status_code == 405
    assert "termination" not in station.http.options(station.url + "/api/v1/uploads").headers["Tus-Extension"]
    assert offset_of(station, location) == 0


def test_key_and_metadata_must_name_one_asset(station: StationClient) -> None:
    for headers in (
        {"Idempotency-Key": str(uuid.uuid4()), "Upload-Metadata": "asset_id " + b64(str(uuid.uuid4()).encode())},
        {"Idempotency-Key": "clip-1"},
        {},
    ):
        answer = station.http.post(f"{station.url}/api/v1/uploads", headers={"Upload-Length": "3", **headers})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_asset_id")


@pytest.mark.parametrize("length", ["-1", "x", "", "1e3", str(2**53), "9" * 30])
def test_an_impossible_length_is_refused(station: StationClient, length: str) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4()), "Upload-Length": length}
    assert station.http.post(f"{station.url}/api/v1/uploads", headers=headers).status_code == 400


def test_another_tus_version_is_refused_with_ours(station: StationClient) -> None:
    answer = station.http.post(f"{station.url}/api/v1/uploads", headers={"Tus-Resumable": "0.2.2"})
    assert (answer.status_code, answer.headers["Tus-Version"]) == (412, "1.0.0")


def test_an_empty_file_is_complete_at_once(station: StationClient) -> None:
    asset_id = uuid.uuid4()
    assert station.create(asset_id, 0).headers["Upload-Offset"] == "0"
    receipt = station.receipt_of(station.verify(asset_id, sha256(b""), 0))
    assert (receipt.size, receipt.sha256) == (0, sha256(b""))


@pytest.mark.parametrize("end", ["hang_up", "reset"])
def test_what_arrived_before_the_line_dropped_is_kept(station: StationClient, end: str) -> None:
    data = os.urandom(300_000)
    asset_id = uuid.uuid4()
    location = station.create(asset_id, len(data)).headers["Location"]
    patch = RawPatch(station, location, 0, len(data))
    patch.send(data[:200_000])
    time.sleep(0.3)  # an RST throws away what the receiver has not read yet
    getattr(patch, end)()
    offset_becomes(station, location, 200_000)
    assert station.patch(location, 200_000, data[200_000:]).status_code == 204
    assert station.verify(asset_id, sha256(data), len(data)).status_code == 200


def test_a_dropped_body_with_a_checksum_leaves_nothing(station: StationClient) -> None:
    data = os.urandom(300_000)
    location = begin(station, len(data))
    patch = RawPatch(station, location, 0, len(data), **{"Upload-Checksum": checksum(data)})
    patch.send(data[:200_000])
    patch.hang_up()
    time.sleep(0.1)
    assert offset_of(station, location) == 0
    assert station.patch(location, 0, data, **{"Upload-Checksum": checksum(data)}).status_code == 204


def test_head_ends_a_stale_patch_and_tells_what_it_committed(station: StationClient) -> None:
    location = begin(station, 1000)
    stale = RawPatch(station, location, 0, 1000)
    stale.send(b"x" * 400)
    time.sleep(0.2)
    assert station.patch(location, 0, b"y" * 10).status_code == 423
    before = time.monotonic()
    assert offset_of(station, location) == 400
    assert time.monotonic() - before < 5
    assert station.patch(location, 400, b"z" * 600).status_code == 204
    stale.hang_up()


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_a_foreign_tus_client_delivers(station: StationClient, tmp_path: Path, algorithm: str) -> None:
    data, asset_id = os.urandom(3 * MIB + 5), uuid.uuid4()
    (tmp_path / "clip.mp4").write_bytes(data)
    credential = str(station.http.headers["Authorization"])
    client = TusClient(
        f"{station.url}/api/v1/uploads", chunk_size=MIB, checksum=algorithm, headers={"Authorization": credential}
    )
    client.upload_file(str(tmp_path / "clip.mp4"), metadata={"asset_id": str(asset_id)})
    assert station.verify(asset_id, sha256(data), len(data)).status_code == 200


def test_a_patch_without_a_length_is_refused(station: StationClient) -> None:
    location = begin(station, 10)
    answer = station.http.patch(
        station.url + location, data=iter([b"01234"]), headers={"Content-Type": STREAM, "Upload-Offset": "0"}
    )
    assert (answer.status_code, offset_of(station, location)) == (411, 0)


def test_a_stalled_client_is_given_up_and_what_it_sent_is_kept(
    own_central: CentralServer, joined: Callable[[], StationClient]
) -> None:
    own_central.serve_options = ("--stall-timeout", "300ms")
    station = joined()
    location = begin(station, 1000)
    stalled = RawPatch(station, location, 0, 1000)
    stalled.send(b"x" * 123)
    assert stalled.status() == 400
    assert offset_of(station, location) == 123
    stalled.hang_up()


def test_a_full_store_advances_nothing(own_central: CentralServer, joined: Callable[[], StationClient]) -> None:
    station = joined()
    data = os.urandom(8 * MIB)
    location = begin(station, len(data))
    assert station.patch(location, 0, data[:MIB]).status_code == 204
    workers = children_of(own_central.process.pid)  # the web's, and the one that judges
    for worker in workers:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (6 * MIB, resource.RLIM_INFINITY))
    answer = station.patch(location, MIB, data[MIB:])
    assert (answer.status_code, answer.json()["code"]) == (507, "store_full")
    assert offset_of(station, location) == MIB
    for worker in workers:
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert station.patch(location, MIB, data[MIB:]).status_code == 204


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_every_refusal_shows_that_a_tus_server_refused(station: StationClient, other_station: StationClient) -> None:
    asset_id = uuid.uuid4()
    location = station.create(asset_id, 3).headers["Location"]
    refusals = [
        other_station.head(location),
        other_station.create(asset_id, 3),
        station.patch(location, 2, b"c"),
        station.patch(location, 0, b"abc", **{"Content-Type": "text/plain"}),
        station.create(asset_id, 4),
        requests.head(station.url + location, timeout=10),
        station.http.delete(station.url + location),
    ]
    assert [answer.status_code for answer in refusals] == [404, 404, 409, 415, 409, 401, 405]
    assert {answer.headers.get("Tus-Resumable") for answer in refusals} == {"1.0.0"}
