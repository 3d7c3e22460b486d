"""Checkers, by real HTTP: pinged in order, and never waited for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from agent.adapters.pings import Pings
from agent.config import load
from agent.errors import ConfigError
from agent.rules.pinging import Ping, Word
from tests.dock_station import eventually


class Checker:
    """A checker that keeps what it hears; `hold` lets it answer nobody."""

    def __init__(self) -> None:
        heard: list[tuple[str, str]] = []
        self.heard, self.hold, self.status = heard, threading.Event(), 200
        self.hold.set()
        checker = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                heard.append((self.path, body))
                checker.hold.wait(30)
                self.send_response(checker.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/abc"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def checker() -> Iterator[Checker]:
    one = Checker()
    yield one
    one.hold.set()
    one.server.shutdown()
    one.server.server_close()


def test_every_checker_hears_start_success_and_fail_in_order(checker: Checker) -> None:
    pings = Pings(["http://127.0.0.1:1/dead", "not a url", checker.url])
    pings.start()
    for ping in (Ping(Word.START), Ping(Word.SUCCESS, "2 bays busy"), Ping(Word.FAIL, "why"), None):
        pings.tell(ping)
        eventually(lambda: not pings._waiting, within_s=10)
    eventually(lambda: len(checker.heard) == 3, within_s=10)
    pings.stop()
    assert checker.heard == [("/abc/start", ""), ("/abc", "2 bays busy"), ("/abc/fail", "why")]


def test_a_checker_that_does_not_answer_holds_nobody_up_and_hears_the_latest(checker: Checker) -> None:
    pings = Pings([checker.url])
    pings.start()
    checker.hold.clear()
    pings.tell(Ping(Word.SUCCESS, "held"))
    eventually(lambda: checker.heard, within_s=10)
    began = time.monotonic()
    for number in range(50):
        pings.tell(Ping(Word.SUCCESS, str(number)))
    assert time.monotonic() - began < 1
    checker.hold.set()
    eventually(lambda: checker.heard[-1][1] == "49", within_s=10)
    pings.stop()
    assert [body for _, body in checker.heard] == ["held", "46", "47", "48", "49"]


def test_a_checker_that_refuses_is_asked_again_the_next_time(checker: Checker) -> None:
    pings = Pings([checker.url])
    pings.start()
    checker.status = 500
    pings.tell(Ping(Word.SUCCESS, "one"))
    eventually(lambda: len(checker.heard) == 1, within_s=10)
    pings.tell(Ping(Word.SUCCESS, "two"))
    eventually(lambda: len(checker.heard) == 2, within_s=10)
    pings.stop()


def test_without_urls_nothing_waits() -> None:
    pings = Pings([])
    pings.start()
    pings.tell(Ping(Word.SUCCESS))
    assert not pings._waiting
    pings.stop()


@pytest.mark.parametrize(
    ("urls", "wrong"),
    [
        ('["ftp://c.example/a"]', "ping_urls"),
        ('["https://"]', "1: must be an address"),
        ('["https://me@c.example/a"]', "1: must be an address"),
        ('["https://c.example/a#b"]', "1: must be an address"),
        ('["https://c.example/a", "https://c.example/a"]', "2: stands there twice"),
    ],
)
def test_an_address_that_cannot_be_pinged_is_refused_with_the_configuration(
    urls: str, wrong: str, tmp_path: Path
) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(f'[station]\nid = "a"\n[central]\nurl = "https://c.example"\n[heartbeat]\nping_urls = {urls}\n')
    with pytest.raises(ConfigError, match=wrong):
        load(path)
