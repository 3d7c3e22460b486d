"""Our client against tus servers that other people wrote, so that it is no dialect of our own."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from agent.adapters.http_session import HttpSession
from agent.adapters.tus import TusStore
from agent.errors import ChunkRefused, OffsetConflict, RetryLater, UploadGone
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.ports import UploadIntent
from agent.rules.footage import State
from tests.upload.bytes_source import BytesSource
from tests.upload.foreign import ROOT, ForeignServer, ResumableUpload, SeaweedFs, TusNode
from tests.upload.station import Station

MIB = 1 << 20
SIZES = (0, 1, 70_000, MIB, MIB + 1, 5 * MIB + 3)

SERVERS = [
    pytest.param(TusNode, marks=pytest.mark.part("tus-server"), id="tus-node-server"),
    pytest.param(ResumableUpload, id="resumable-upload"),
]


def finish(station: Station, store: TusStore, asset_id: UUID, chunk: int = 2 * MIB) -> list[SliceEnd]:
    place = UploadPlace(chunk=chunk)
    doors = UploadDoors(station.ledger, station.spool, store, station.clock)
    ends: list[SliceEnd] = []
    while station.asset(asset_id).state is State.STAGED:
        assert len(ends) < 200
        place.chunk = min(place.chunk, chunk)
        try:
            ends.append(upload_slice(station.asset(asset_id), place, doors).end)
        except RetryLater:
            time.sleep(0.05)
            ends.append(SliceEnd.ASK_AGAIN)
    return ends


@pytest.mark.parametrize("kind", SERVERS)
def test_files_of_all_sizes_arrive_whole(kind: type[ForeignServer], station: Station, tmp_path: Path) -> None:
    contents = [os.urandom(size) for size in SIZES]
    assets = [station.stage(content) for content in contents]
    with kind(tmp_path / "server") as server:
        store = TusStore(HttpSession(server.endpoint), server.endpoint)
        for asset in assets:
            assert SliceEnd.STARTS_ANEW not in finish(station, store, asset)
        stored = server.stored()
    assert Counter(content for content in stored if content) == Counter(content for content in contents if content)


@pytest.mark.parametrize("kind", SERVERS)
def test_an_upload_outlives_kills_of_the_server(kind: type[ForeignServer], station: Station, tmp_path: Path) -> None:
    content = os.urandom(24 * MIB)
    asset = station.stage(content)
    with kind(tmp_path / "server") as server:
        store = TusStore(HttpSession(server.endpoint, stall_s=3), server.endpoint)
        place = UploadPlace(chunk=2 * MIB)
        doors = UploadDoors(station.ledger, station.spool, store, station.clock)
        sent = 0

        def pace(wanted: int) -> int:
            nonlocal sent
            sent += wanted
            if 7 * MIB < sent < 7 * MIB + 600_000:
                server.kill()
            return wanted

        while sent <= 4 * MIB:
            place.chunk = 2 * MIB
            upload_slice(station.asset(asset), place, doors, pace)
        with pytest.raises(RetryLater):
            upload_slice(station.asset(asset), place, doors, pace)
        server.start()
        ends = finish(station, store, asset)
        assert SliceEnd.STARTS_ANEW not in ends
        assert content in server.stored()


@pytest.mark.parametrize("kind", SERVERS)
def test_wrong_offsets_and_unknown_uploads_have_their_names(kind: type[ForeignServer], tmp_path: Path) -> None:
    with kind(tmp_path / "server") as server:
        store = TusStore(HttpSession(server.endpoint), server.endpoint)
        intent = UploadIntent(UUID(int=1), 20, 1, "CAM", b"DCIM/1.MP4")
        upload = store.create(intent, b"")
        with pytest.raises(OffsetConflict):
            store.append(upload.url, 5, BytesSource(bytes(20)), 5, 20)
        unknown = upload.url[:-4] + ("0000" if upload.url[-4:] != "0000" else "1111")
        with pytest.raises(UploadGone) as raised:
            store.resume(unknown, 20)
        assert raised.value.proven
        assert store.append(upload.url, 0, BytesSource(bytes(20)), 20, 20).complete
        assert store.resume(upload.url, 20).complete


def test_a_damaged_chunk_is_refused_by_a_server_that_checks(tmp_path: Path) -> None:
    class Flips(BytesSource):
        """Other bytes on the second reading: what the checksum was made of is not what is sent."""

        reads = 0

        def read_at(self, offset: int, length: int) -> bytes:
            self.reads += 1
            return bytes([self.reads]) * min(length, self.size - offset)

    with ResumableUpload(tmp_path / "server") as server:
        store = TusStore(HttpSession(server.endpoint), server.endpoint)
        upload = store.create(UploadIntent(UUID(int=1), 20, 1, "CAM", b"1.MP4"), b"")
        with pytest.raises(ChunkRefused):
            store.append(upload.url, 0, Flips(bytes(20)), 20, 20)
        assert store.resume(upload.url, 20).offset == 0


@pytest.mark.parametrize("kind", [SERVERS[0]])
@pytest.mark.timeout(120)
def test_kill_9_of_the_uploading_process_at_any_moment_resumes(
    kind: type[ForeignServer], station: Station, tmp_path: Path
) -> None:
    contents = [os.urandom(size) for size in (8 * MIB, 6 * MIB, 3 * MIB, 1000, 1_000_000)]
    for number, content in enumerate(contents):
        station.stage(content, camera=f"C{number}")
    station.close()
    chance, kills = random.Random(), 0
    with kind(tmp_path / "server") as server:
        while True:
            arguments = [str(station.folder), server.endpoint, str(6 * MIB)]
            with subprocess.Popen(
                [sys.executable, "-m", "tests.upload.uploading", *arguments],
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ) as process:
                assert process.stdout is not None
                process.stdout.readline()
                try:
                    process.wait(chance.uniform(0.05, 1.0) if kills < 5 else 60)
                    break
                except subprocess.TimeoutExpired:
                    process.kill()
                    kills += 1
        assert process.returncode == 0
        # A kill between the creation and its place in the ledger leaves an empty upload behind at a server that
        # does not know our idempotency key; the whole contents are there, and nothing longer than they.
        stored = server.stored()
    for content in contents:
        assert content in stored
    assert all(any(content.startswith(one) for content in contents) for one in stored)
    assert kills > 0


@pytest.mark.part("seaweedfs")
def test_a_server_that_forgets_complete_uploads_is_understood(station: Station, tmp_path: Path) -> None:
    content = os.urandom(5 * MIB)
    asset, small = station.stage(content), station.stage(b"small")
    with SeaweedFs(tmp_path / "server") as server:
        assert isinstance(server, SeaweedFs)
        for asset_id, expected in ((asset, content), (small, b"small")):
            endpoint = f"{server.base}/.tus/footage/{asset_id}"
            finish(station, TusStore(HttpSession(endpoint), endpoint), asset_id)
            assert server.read(f"/footage/{asset_id}") == expected


@pytest.mark.part("seaweedfs")
def test_a_lost_last_answer_of_a_forgetful_server_is_a_claim_not_a_new_upload(
    station: Station, tmp_path: Path
) -> None:
    content = os.urandom(3 * MIB)
    asset = station.stage(content)
    with SeaweedFs(tmp_path / "server") as server:
        assert isinstance(server, SeaweedFs)
        endpoint = f"{server.base}/.tus/footage/{asset}"
        store = TusStore(HttpSession(endpoint), endpoint)
        place, doors = UploadPlace(chunk=4 * MIB), UploadDoors(station.ledger, station.spool, store, station.clock)
        append = store.append

        def loses(*arguments: object) -> None:
            append(*arguments)  # type: ignore[arg-type]
            raise RetryLater("the answer was lost", code="connection_lost")

        store.append = loses  # type: ignore[assignment,method-assign]
        with pytest.raises(RetryLater):
            upload_slice(station.asset(asset), place, doors)
        with pytest.raises(UploadGone) as raised:
            store.resume(place.url or "", len(content))
        assert raised.value.proven
        assert upload_slice(station.asset(asset), place, doors).end is SliceEnd.UPLOADED
        assert server.read(f"/footage/{asset}") == content
