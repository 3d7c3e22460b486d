"""The whole way to our own central, over real HTTP, with kills of either side."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from agent.adapters.central_api import CentralApi, enroll, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.errors import AuthRefused, Refused, RetryLater
from agent.pipeline.central_gate import is_about_central
from agent.pipeline.transfer import Transfer
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.ports import Hashing, Mismatch, SignedStatement, UnknownAsset, UploadIntent
from agent.rules.footage import State
from protocol.messages import EnrollAnswer
from tests.central_server import CentralServer
from tests.upload.bytes_source import BytesSource
from tests.upload.foreign import ROOT
from tests.upload.station import STATION, Station

MIB = 1 << 20


@pytest.fixture
def central(tmp_path: Path) -> Iterator[CentralServer]:
    with CentralServer(tmp_path / "central") as server:
        server.init()
        server.start()
        yield server


@pytest.fixture
def enrolled(central: CentralServer) -> EnrollAnswer:
    code = central.add_station(STATION)
    return enroll(HttpSession(central.url), central.url, code, os.urandom(32))


def api(central: CentralServer, enrolled: EnrollAnswer) -> tuple[HttpSession, TusStore, CentralApi]:
    http = HttpSession(central.url, credential=lambda: enrolled.credential, stall_s=10)
    return http, TusStore(http, uploads_url(central.url)), CentralApi(http, central.url)


def stored(central: CentralServer) -> dict[str, bytes]:
    return {digest: path.read_bytes() for digest, path in central.objects().items()}


def assert_all_there(central: CentralServer, contents: list[bytes]) -> None:
    """From outside: central holds exactly these contents, each under its digest."""
    there = stored(central)
    assert set(there) == {hashlib.sha256(content).hexdigest() for content in contents}
    for digest, content in there.items():
        assert hashlib.sha256(content).hexdigest() == digest


def test_everything_ends_verified_and_stored_under_its_digest(
    central: CentralServer, enrolled: EnrollAnswer, station: Station
) -> None:
    contents = [os.urandom(size) for size in (0, 1, MIB, MIB + 1, 12 * MIB)] + [b"twice", b"twice"]
    assets = [station.stage(content, camera=f"C{n % 2}") for n, content in enumerate(contents)]
    station.ledger.remember(store_epoch=str(enrolled.store_epoch))
    http, store, calls = api(central, enrolled)
    transfer = Transfer(
        ledger=station.ledger,
        spool=station.spool,
        store=store,
        central=calls,
        keys=PinnedKeys([enrolled.receipt_key]),
        clock=station.clock,
        station=STATION,
        interrupt=http.interrupt,
    )
    transfer.start()
    until = time.monotonic() + 60
    while any(station.asset(asset).state is not State.VERIFIED for asset in assets):
        assert time.monotonic() < until, transfer.status()
        time.sleep(0.05)
    assert transfer.stop()
    assert_all_there(central, contents)


@pytest.mark.timeout(150)
def test_kill_9_of_either_side_at_any_moment_loses_and_doubles_nothing(
    central: CentralServer, enrolled: EnrollAnswer, station: Station
) -> None:
    contents = [os.urandom(size) for size in (9 * MIB, 5 * MIB, 2 * MIB, 100_000, 10)]
    assets = [station.stage(content, camera=f"C{n}") for n, content in enumerate(contents)]
    station.ledger.remember(store_epoch=str(enrolled.store_epoch))
    key = enrolled.receipt_key
    arguments = [
        str(station.folder), central.url, str(6 * MIB), enrolled.credential, key.key_id, key.public_key,
    ]  # fmt: skip
    chance, kills = random.Random(), 0
    listen = central.url.removeprefix("http://")
    while True:
        with subprocess.Popen(
            [sys.executable, "-m", "tests.upload.uploading", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            try:
                process.wait(chance.uniform(0.1, 1.2) if kills < 5 else 90)
                break
            except subprocess.TimeoutExpired:
                if kills % 2:
                    central.kill()
                process.kill()
                kills += 1
        if central.process is None:
            central.start(listen)
    assert process.returncode == 0
    assert [station.asset(asset).state for asset in assets] == [State.VERIFIED] * len(assets)
    assert_all_there(central, contents)


def test_creation_is_idempotent_and_a_chunk_is_checked(central: CentralServer, enrolled: EnrollAnswer) -> None:
    _, store, calls = api(central, enrolled)
    intent = UploadIntent(UUID(int=7), 20, 1, "CAM", b"DCIM/\xff.MP4")
    assert isinstance(calls.verify(intent.asset_id, "ab" * 32, 20), UnknownAsset)
    first = store.create(intent, b"")
    store.append(first.url, 0, BytesSource(bytes(20)), 10, 20)
    again = store.create(intent, b"")
    assert (again.url, again.offset) == (first.url, 10)
    with pytest.raises(Refused) as raised:
        calls.verify(intent.asset_id, hashlib.sha256(bytes(20)).hexdigest(), 20)
    assert raised.value.code == "upload_incomplete"
    assert store.append(first.url, 10, BytesSource(bytes(20)), 10, 20).complete
    assert isinstance(_verified(calls, intent.asset_id, "ab" * 32, 20), Mismatch)
    assert store.create(intent, bytes(20)).url != first.url, "a refused upload is not offered again"
    answer = _verified(calls, intent.asset_id, hashlib.sha256(bytes(20)).hexdigest(), 20)
    assert isinstance(answer, SignedStatement)
    keys = PinnedKeys([enrolled.receipt_key])
    assert keys.is_signed(answer)
    assert not keys.is_signed(SignedStatement(answer.content + b" ", answer.signature, answer.key_id))
    assert not keys.is_signed(SignedStatement(answer.content, answer.signature, "another"))


def _verified(calls: CentralApi, asset_id: UUID, sha256: str, size: int) -> object:
    while isinstance(answer := calls.verify(asset_id, sha256, size), Hashing):
        time.sleep(0.05)
    return answer


def test_a_code_works_once_and_a_wrong_credential_is_told_apart_from_a_missing_file(
    central: CentralServer, station: Station
) -> None:
    code = central.add_station(STATION)
    http = HttpSession(central.url)
    enroll(http, central.url, code, os.urandom(32))
    for used in (code, "never-made"):
        with pytest.raises(Refused):
            enroll(http, central.url, used, os.urandom(32))
    stranger = HttpSession(central.url, credential=lambda: "not-ours")
    with pytest.raises(AuthRefused):
        CentralApi(stranger, central.url).standing()
    with pytest.raises(AuthRefused):
        TusStore(stranger, uploads_url(central.url)).resume(f"{uploads_url(central.url)}/{UUID(int=1)}", 1)


def test_an_unfinished_upload_of_a_lost_ledger_with_another_length_holds_nothing_up(
    central: CentralServer, enrolled: EnrollAnswer, station: Station
) -> None:
    content = os.urandom(1000)
    asset_id = station.stage(content)
    http, store, calls = api(central, enrolled)
    asset = station.asset(asset_id)
    store.create(UploadIntent(asset_id, 2 * MIB, 3, asset.camera, asset.path), b"")
    place, doors = UploadPlace(), UploadDoors(station.ledger, station.spool, store, station.clock)
    for _ in range(10):
        with contextlib.suppress(RetryLater):
            if upload_slice(station.asset(asset_id), place, doors).end is SliceEnd.UPLOADED:
                break
    assert station.asset(asset_id).state is State.UPLOADED
    answer = calls.verify(asset_id, hashlib.sha256(content).hexdigest(), len(content))
    assert isinstance(answer, SignedStatement | Hashing)
    http.close()


def test_one_asset_that_central_refuses_is_no_stranger_answering(
    central: CentralServer, enrolled: EnrollAnswer, station: Station
) -> None:
    other_code = central.add_station("elsewhere")
    other = enroll(HttpSession(central.url), central.url, other_code, os.urandom(32))
    asset_id = station.stage(b"claimed by another")
    asset = station.asset(asset_id)
    intent = UploadIntent(asset_id, asset.size, 1, asset.camera, asset.path)
    api(central, other)[1].create(intent, b"")
    with pytest.raises(Refused) as refusal:
        api(central, enrolled)[1].create(intent, b"")
    assert refusal.value.code == "upload_refused"
    assert not is_about_central(refusal.value), "it would shut the gate for every other file"
