from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from agent.adapters.http_session import BLOCK, Body, HttpSession
from agent.errors import ProtocolViolation, RetryLater
from tests.upload.liar import Liar, Request, answer

MIB = 1 << 20


def _zeros(size: int) -> Body:
    left = size

    def read(wanted: int) -> bytes:
        nonlocal left
        block = bytes(min(wanted, left))
        left -= len(block)
        return block

    return Body(size, read)


def test_a_body_is_read_and_sent_in_large_blocks() -> None:
    asked: list[int] = []

    def read(wanted: int) -> bytes:
        asked.append(wanted)
        return bytes(min(wanted, 2 * MIB - sum(asked[:-1])))

    with Liar(lambda request: answer(200, str(len(request.body())).encode())) as liar:
        got = HttpSession(liar.url).request("PATCH", f"{liar.url}/x", body=Body(2 * MIB, read))
    assert got.body == str(2 * MIB).encode()
    assert asked[0] == BLOCK >= 256 * 1024


def test_both_prefixes_lead_to_the_watched_connections() -> None:
    http = HttpSession("https://central.example")
    for scheme in ("http", "https"):
        adapter = http._session.get_adapter(f"{scheme}://central.example/")
        pool = adapter.poolmanager.connection_from_url(f"{scheme}://central.example/")  # type: ignore[attr-defined]
        connection = pool._new_conn()
        assert type(connection).__name__.startswith("Watched")
        assert connection.blocksize == BLOCK


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with Liar(lambda _: answer(302, Location="/elsewhere")) as liar:
        assert HttpSession(liar.url).request("GET", f"{liar.url}/here").status == 302
        assert [request.path for request in liar.requests] == ["/here"]


def test_nothing_from_the_environment_is_trusted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere.pem")
    with Liar(lambda _: answer(200, Set_Cookie="who=me")) as liar:
        http = HttpSession(liar.url)
        assert http.request("GET", liar.url).status == 200
        http.request("GET", liar.url)
        assert "authorization" not in liar.requests[0].headers
        assert "cookie" not in liar.requests[1].headers


def test_the_credential_travels_to_its_own_server_only() -> None:
    with Liar(lambda _: answer(200)) as central, Liar(lambda _: answer(200)) as other:
        http = HttpSession(central.url, credential=lambda: "secret")
        http.request("GET", central.url)
        http.request("GET", other.url)
        assert central.requests[0].headers["authorization"] == "Bearer secret"
        assert "authorization" not in other.requests[0].headers


def test_an_endless_answer_is_cut_off() -> None:
    with (
        Liar(lambda _: answer(200, b"x" * 70_000)) as liar,
        pytest.raises(ProtocolViolation, match="more than 65536"),
    ):
        HttpSession(liar.url).request("GET", liar.url, answer_limit=65536)


@pytest.mark.parametrize("silent_after", [0, MIB])
def test_a_peer_that_takes_no_byte_is_given_up_after_the_stall_limit(silent_after: int) -> None:
    gone = threading.Event()

    def silent(request: Request) -> None:
        request.body(silent_after)
        gone.wait(20)

    with Liar(silent, receive_buffer=8192) as liar:
        started = time.monotonic()
        with pytest.raises(RetryLater) as raised:
            HttpSession(liar.url, stall_s=0.6).request("PATCH", liar.url, body=_zeros(64 * MIB))
        gone.set()
    assert raised.value.code == "stalled"
    assert 0.5 < time.monotonic() - started < 5


def test_a_slow_peer_that_takes_bytes_is_never_given_up() -> None:
    def slow(request: Request) -> bytes:
        got = len(request.early)
        while got < request.length:
            got += len(request.connection.recv(16384))
            time.sleep(0.02)
        return answer(200)

    with Liar(slow, receive_buffer=8192) as liar:
        started = time.monotonic()
        done = HttpSession(liar.url, stall_s=0.4, connect_s=0.2).request("PATCH", liar.url, body=_zeros(MIB))
    assert done.status == 200
    assert time.monotonic() - started > 1.0, "it took longer than both limits, so neither was a total"


def test_a_refusal_is_seen_while_the_body_still_flows_and_the_peer_reads_on_no_more() -> None:
    gone = threading.Event()

    def refuse(request: Request) -> None:
        request.connection.sendall(answer(413))
        gone.wait(20)

    with Liar(refuse, receive_buffer=8192) as liar:
        started = time.monotonic()
        got = HttpSession(liar.url, stall_s=20).request("PATCH", liar.url, body=_zeros(64 * MIB))
        gone.set()
    assert got.status == 413
    assert time.monotonic() - started < 5


def test_a_connection_with_half_a_body_is_not_used_again() -> None:
    def refuse(request: Request) -> bytes:
        return answer(409) if request.method == "PATCH" else answer(200)

    with Liar(refuse, receive_buffer=8192) as liar:
        http = HttpSession(liar.url, stall_s=5)
        assert http.request("PATCH", liar.url, body=_zeros(64 * MIB)).status == 409
        assert http.request("HEAD", liar.url).status == 200
        assert [request.method for request in liar.requests][-1] == "HEAD"
        assert liar.connections == 2


def test_a_healthy_connection_is_used_again() -> None:
    with Liar(lambda request: answer(200, str(len(request.body())).encode())) as liar:
        http = HttpSession(liar.url)
        for _ in range(3):
            http.request("PATCH", liar.url, body=_zeros(MIB))
        assert liar.connections == 1


def test_interrupt_ends_a_request_in_flight_at_once() -> None:
    arrived, gone = threading.Event(), threading.Event()

    def silent(_: Request) -> None:
        arrived.set()
        gone.wait(20)

    with Liar(silent) as liar:
        http = HttpSession(liar.url, stall_s=30)
        threading.Thread(target=lambda: arrived.wait(10) and http.interrupt(), daemon=True).start()
        started = time.monotonic()
        with pytest.raises(RetryLater):
            http.request("GET", liar.url)
        gone.set()
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("url", "code"),
    [("http://127.0.0.1:{port}", "unreachable"), ("http://nowhere.invalid", "name_unknown")],
)
def test_a_missing_server_is_a_trouble_with_a_name(url: str, code: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = url.format(port=unused.getsockname()[1])
        with pytest.raises(RetryLater) as raised:
            HttpSession(url).request("GET", url)
    assert raised.value.code == code


@pytest.mark.parametrize(
    "reply", [None, b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]
)
def test_half_an_answer_is_no_answer(reply: bytes | None) -> None:
    def half(request: Request) -> None:
        if reply:
            request.connection.sendall(reply)

    with Liar(half) as liar, pytest.raises(RetryLater):
        HttpSession(liar.url, stall_s=2).request("GET", liar.url)
