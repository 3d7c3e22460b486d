"""What TusStore makes of every answer a server can give; the liar gives them."""

from __future__ import annotations

import hashlib
import json
import os
import tracemalloc
from base64 import b64decode, b64encode
from collections.abc import Callable
from uuid import UUID

import pytest

from agent.adapters.http_session import HttpSession
from agent.adapters.tus import TusStore
from agent.errors import (
    AuthRefused,
    ChunkRefused,
    ChunkTooLarge,
    DockError,
    OffsetConflict,
    ProtocolViolation,
    Refused,
    RetryLater,
    SpoolBroken,
    UploadGone,
    UploadLocked,
)
from agent.ports import UploadIntent
from tests.upload.bytes_source import BytesSource
from tests.upload.liar import Liar, Request, answer, tus

MIB = 1 << 20
ASSET = UUID("11111111-2222-4333-8444-555555555555")
DATE = "Sun, 22 Nov 2026 15:00:00 GMT"
LATER = "Sun, 22 Nov 2026 15:02:00 GMT"


def store_at(liar: Liar) -> TusStore:
    return TusStore(HttpSession(liar.url, credential=lambda: "secret", stall_s=2), f"{liar.url}/uploads")


def intent(size: int) -> UploadIntent:
    return UploadIntent(ASSET, size, 1, "CAM 1", b"DCIM/\xff,\n.MP4")


def append(liar: Liar, *, offset: int = 0, length: int = 10, size: int = 20) -> object:
    return store_at(liar).append(f"{liar.url}/uploads/1", offset, BytesSource(bytes(size)), length, size)


# --- what is sent -------------------------------------------------------------------------------------


def test_creation_names_the_asset_and_carries_raw_path_bytes() -> None:
    with Liar(lambda _: tus(201, Location="/uploads/1")) as liar:
        state = store_at(liar).create(intent(5), b"hello")
        sent = liar.seen("POST")[0]
    assert (state.url, state.offset, state.complete) == (f"{liar.url}/uploads/1", 0, False)
    assert sent.headers["idempotency-key"] == str(ASSET)
    assert sent.headers["upload-length"] == "5"
    assert sent.headers["authorization"] == "Bearer secret"
    assert sent.length == 0, "this server does not say that it takes bytes with the creation"
    metadata = dict(pair.split(" ") for pair in sent.headers["upload-metadata"].split(","))
    assert {name: b64decode(value) for name, value in metadata.items()} == {
        "asset_id": str(ASSET).encode(),
        "camera": b"CAM 1",
        "path": b"DCIM/\xff,\n.MP4",
        "attempt": b"1",
    }


def test_a_small_file_travels_with_its_creation_where_the_server_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies: list[bytes] = []

    def take(request: Request) -> bytes:
        bodies.append(request.body())
        return tus(201, Location="/uploads/1", Upload_Offset="5")

    can = tus(
        204,
        Tus_Version="1.0.0",
        Tus_Extension="creation,creation-with-upload,checksum",
        Tus_Checksum_Algorithm="md5,sha256",
    )
    monkeypatch.setattr("tests.upload.liar.OPTIONS", can)
    with Liar(take) as liar:
        store = store_at(liar)
        assert store.create(intent(5), b"hello").complete
        store.create(intent(5), b"hello")
        assert len(liar.seen("OPTIONS")) == 1, "a server is asked once what it can do"
        digest = b64encode(hashlib.sha256(b"hello").digest()).decode()
        assert liar.seen("POST")[0].headers["upload-checksum"] == f"sha256 {digest}"
    assert bodies == [b"hello", b"hello"]


def test_a_chunk_carries_its_checksum_where_the_server_checks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    can = tus(204, Tus_Version="1.0.0", Tus_Extension="checksum", Tus_Checksum_Algorithm="sha256")
    monkeypatch.setattr("tests.upload.liar.OPTIONS", can)
    content = os.urandom(3 * MIB)
    bodies: list[bytes] = []

    def take(request: Request) -> bytes:
        bodies.append(request.body())
        return tus(204, Upload_Offset=str(3 * MIB))

    with Liar(take) as liar:
        source = BytesSource(content)
        state = store_at(liar).append(f"{liar.url}/uploads/1", MIB, source, 2 * MIB, 3 * MIB)
        digest = b64encode(hashlib.sha256(content[MIB:]).digest()).decode()
        assert liar.seen("PATCH")[0].headers["upload-checksum"] == f"sha256 {digest}"
        assert liar.seen("PATCH")[0].headers["upload-offset"] == str(MIB)
    assert bodies == [content[MIB:]]
    assert state.complete


@pytest.mark.parametrize("status", [404, 405, 501])
def test_a_server_that_does_not_answer_options_gets_the_core_alone(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.upload.liar.OPTIONS", answer(status))
    with Liar(lambda request: request.body() and tus(204, Upload_Offset="10")) as liar:
        append(liar)
        assert "upload-checksum" not in liar.seen("PATCH")[0].headers


def test_a_login_page_in_place_of_options_is_not_taken_for_a_server_without_extensions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tests.upload.liar.OPTIONS", answer(200, b"<html>", Content_Type="text/html"))
    with Liar(lambda _: None) as liar:
        store = store_at(liar)
        for _ in range(2):
            with pytest.raises(ProtocolViolation):
                store.append(f"{liar.url}/uploads/1", 0, BytesSource(b"x"), 1, 1)
        assert liar.seen("PATCH") == []


def test_pace_is_asked_before_every_block_and_decides_its_size() -> None:
    asked: list[int] = []

    def pace(wanted: int) -> int:
        asked.append(wanted)
        return min(wanted, 3)

    with Liar(lambda request: request.body() and tus(204, Upload_Offset="10")) as liar:
        store_at(liar).append(f"{liar.url}/uploads/1", 0, BytesSource(bytes(10)), 10, 10, pace)
    assert asked == [10, 7, 4, 1]


def test_what_pace_raises_ends_the_request_and_comes_out_unchanged() -> None:
    def stop(_: int) -> int:
        raise RetryLater("The station stops.", code="stopping")

    with Liar(lambda request: request.body() and None) as liar, pytest.raises(RetryLater) as raised:
        store_at(liar).append(f"{liar.url}/uploads/1", 0, BytesSource(bytes(10)), 10, 10, stop)
    assert raised.value.code == "stopping"


def test_a_copy_that_ends_too_early_is_the_spools_fault_not_the_networks() -> None:
    with Liar(lambda request: request.body() and None) as liar, pytest.raises(SpoolBroken):
        store_at(liar).append(f"{liar.url}/uploads/1", 0, BytesSource(bytes(5)), 10, 10)


def test_a_large_chunk_never_stands_in_memory() -> None:
    class Zeros:
        size = 256 * MIB

        def read_at(self, offset: int, length: int) -> bytes:
            return bytes(min(length, self.size - offset))

        def close(self) -> None: ...

    def take(request: Request) -> bytes:
        left = request.length - len(request.early)
        buffer = bytearray(65536)
        while left:
            left -= request.connection.recv_into(buffer, min(left, len(buffer)))
        return tus(204, Upload_Offset=str(request.length))

    with Liar(take) as liar:
        store = store_at(liar)
        tracemalloc.start()
        store.append(f"{liar.url}/uploads/1", 0, Zeros(), 256 * MIB, 256 * MIB)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 8 * MIB


# --- what is believed ---------------------------------------------------------------------------------


LIES_TO_PATCH = {
    "an offset beyond what was sent": tus(204, Upload_Offset="11"),
    "an offset far beyond": tus(204, Upload_Offset="999999999"),
    "the whole size at once": tus(204, Upload_Offset="20"),
    "less than was sent": tus(204, Upload_Offset="9"),
    "no offset": tus(204),
    "an offset that is no number": tus(204, Upload_Offset="ten"),
    "a negative offset": tus(204, Upload_Offset="-10"),
    "an offset in other digits": tus(204, Upload_Offset="\u0661\u0660".encode().decode("latin-1")),
    "no tus header": answer(204, Upload_Offset="10"),
    "another tus version": answer(204, Tus_Resumable="0.2.2", Upload_Offset="10"),
    "a login page": answer(200, b"<html>please log in</html>", Content_Type="text/html"),
    "a redirect": answer(307, Location="http://other.example/uploads/1"),
    "a permanent redirect with tus headers": tus(308, Location="/uploads/2", Upload_Offset="10"),
    "created": tus(201, Upload_Offset="10"),
    "a plain 400": answer(400, b"Bad Request"),
}


@pytest.mark.parametrize("reply", LIES_TO_PATCH.values(), ids=LIES_TO_PATCH.keys())
def test_a_chunk_counts_only_with_the_exact_offset_of_a_tus_server(reply: bytes) -> None:
    with Liar(lambda request: request.body() and reply) as liar, pytest.raises(ProtocolViolation):
        append(liar)


LIES_TO_HEAD = {
    "an offset beyond the file": tus(200, Upload_Offset="21"),
    "no offset": tus(200),
    "an offset that is no number": tus(200, Upload_Offset="1e1"),
    "another length": tus(200, Upload_Offset="10", Upload_Length="30"),
    "no tus header": answer(200, Upload_Offset="10"),
    "a login page": answer(200, Content_Type="text/html"),
    "a redirect": answer(301, Location="https://login.example/"),
}


@pytest.mark.parametrize("reply", LIES_TO_HEAD.values(), ids=LIES_TO_HEAD.keys())
def test_an_offset_is_believed_only_from_a_tus_server(reply: bytes) -> None:
    with Liar(lambda _: reply) as liar, pytest.raises(ProtocolViolation):
        store_at(liar).resume(f"{liar.url}/uploads/1", 20)


LIES_TO_POST = {
    "no location": tus(201),
    "a location on another host": tus(201, Location="http://other.example/uploads/1"),
    "a location under another scheme": tus(201, Location="https://127.0.0.1/uploads/1"),
    "a location that is no address": tus(201, Location="javascript:alert(1)"),
    "an offset beyond the file": tus(201, Location="/uploads/1", Upload_Offset="21"),
    "no tus header": answer(201, Location="/uploads/1"),
    "a login page": answer(200, b"<html>", Content_Type="text/html"),
    "a redirect": answer(302, Location="/login"),
}


@pytest.mark.parametrize("reply", LIES_TO_POST.values(), ids=LIES_TO_POST.keys())
def test_an_upload_is_opened_only_by_a_tus_server_on_itself(reply: bytes) -> None:
    with Liar(lambda _: reply) as liar, pytest.raises(ProtocolViolation):
        store_at(liar).create(intent(20), b"")


def test_a_location_may_be_relative_or_absolute() -> None:
    with Liar(lambda _: b"") as liar:
        for location in ("1", "/uploads/../uploads/1", f"{liar.url}/uploads/1"):
            liar.handler = lambda _, location=location: tus(201, Location=location)  # type: ignore[misc]
            assert store_at(liar).create(intent(20), b"").url in (f"{liar.url}/uploads/1", f"{liar.url}/1")


def test_an_upload_on_a_server_that_is_no_longer_ours_is_gone_and_nothing_is_sent_there() -> None:
    with Liar(lambda _: tus(200, Upload_Offset="0")) as old, Liar(lambda _: tus(200)) as new:
        with pytest.raises(UploadGone):
            store_at(new).resume(f"{old.url}/uploads/1", 20)
        with pytest.raises(UploadGone):
            store_at(new).append(f"{old.url}/uploads/1", 0, BytesSource(bytes(20)), 20, 20)
        assert old.requests == []


@pytest.mark.parametrize(("code", "means"), [("cut_short", "connection_lost"), ("bad_header", "upload_refused")])
def test_a_torn_body_is_a_broken_connection_also_when_central_says_so(code: str, means: str) -> None:
    body = json.dumps({"code": code, "message": "said central"}).encode()
    with Liar(lambda _: answer(400, body, Tus_Resumable="1.0.0")) as liar, pytest.raises(DockError) as raised:
        append(liar)
    assert raised.value.code == means


STATUSES: list[tuple[bytes, type[DockError], str, float | None]] = [
    (tus(401), AuthRefused, "auth_refused", None),
    (tus(403), AuthRefused, "auth_refused", None),
    (tus(404), UploadGone, "upload_gone", None),
    (tus(410), UploadGone, "upload_gone", None),
    (answer(408), RetryLater, "central_failed", None),
    (tus(409), OffsetConflict, "offset_conflict", None),
    (answer(413), ChunkTooLarge, "chunk_too_large", None),
    (tus(423), UploadLocked, "upload_locked", None),
    (tus(460), ChunkRefused, "chunk_refused", None),
    (answer(429, Retry_After="7"), RetryLater, "central_busy", 7.0),
    (answer(500), RetryLater, "central_failed", None),
    (answer(502, b"<html>Bad Gateway</html>"), RetryLater, "central_failed", None),
    (answer(503, Retry_After=LATER, Date=DATE), RetryLater, "central_busy", 120.0),
    (answer(503, Retry_After=DATE, Date=LATER), RetryLater, "central_busy", 0.0),
    (answer(503, Retry_After="soon"), RetryLater, "central_busy", None),
    (answer(507), RetryLater, "central_full", None),
    (tus(412), Refused, "upload_refused", None),
]


@pytest.mark.parametrize(
    ("reply", "kind", "code", "wait_s"), STATUSES, ids=[reply[9:12].decode() for reply, *_ in STATUSES]
)
def test_every_status_has_one_meaning(reply: bytes, kind: type[DockError], code: str, wait_s: float | None) -> None:
    with Liar(lambda _: reply) as liar:
        calls: list[Callable[[], object]] = [
            lambda: append(liar),
            lambda: store_at(liar).resume(f"{liar.url}/uploads/1", 20),
        ]
        for call in calls:
            with pytest.raises(kind) as raised:
                call()
            assert raised.value.code == code
            if isinstance(raised.value, RetryLater):
                assert raised.value.retry_after_s == wait_s


def test_another_web_servers_404_does_not_prove_an_upload_gone() -> None:
    with Liar(lambda _: answer(404, b"<html>nginx</html>")) as liar, pytest.raises(UploadGone) as raised:
        store_at(liar).resume(f"{liar.url}/uploads/1", 20)
    assert not raised.value.proven


def test_a_missing_endpoint_is_no_missing_upload() -> None:
    with Liar(lambda _: answer(404)) as liar, pytest.raises(ProtocolViolation):
        store_at(liar).create(intent(20), b"")
