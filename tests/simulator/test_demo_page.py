"""Pages that show too much, too little or nothing are found out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from simulator.demo.page import pages_show
from simulator.demo.promises import Verdict
from simulator.demo.world import Person

PERSON = Person("demo@dock.example", "secret")


class Site(ThreadingHTTPServer):
    """A central of two pages. The tests doctor what it shows."""

    to_strangers = "log in"
    to_us = "east-1 and west-1"
    opens_to = "secret"


class Pages(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        is_known = "session=1" in self.headers.get("Cookie", "")
        self._answer(self.server.to_us if is_known else self.server.to_strangers, "csrftoken=t")

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        is_right = form.endswith(f"password={self.server.opens_to}&csrfmiddlewaretoken=t")
        self._answer("hello", "session=1" if is_right else "session=0")

    def _answer(self, words: str, cookie: str) -> None:
        self.send_response(200 if words else 500)
        self.send_header("Set-Cookie", f"{cookie}; Path=/")
        self.end_headers()
        self.wfile.write(words.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def looked(site: Site) -> Verdict:
    return pages_show(f"http://127.0.0.1:{site.server_port}", PERSON, {"/stations/": ("east-1", "west-1")})


def test_pages_that_open_to_the_sign_in_alone_and_show_everything_hold(site: Site) -> None:
    verdict = looked(site)
    assert verdict.held, verdict


def test_a_page_that_a_stranger_can_read_is_found_out(site: Site) -> None:
    site.to_strangers = "west-1"
    assert "west-1 is shown to a stranger at /stations/" in str(looked(site))


def test_a_page_that_lacks_something_or_fails_is_found_out(site: Site) -> None:
    site.to_us = "east-1"
    assert "west-1 is not shown at /stations/" in str(looked(site))
    site.to_us = ""
    assert "/stations/ ends with status 500" in str(looked(site))


def test_a_sign_in_that_is_refused_is_found_out(site: Site) -> None:
    site.opens_to = "another"
    assert "east-1 is not shown" in str(looked(site))


def test_a_central_that_does_not_answer_is_found_out(site: Site) -> None:
    port = site.server_port
    site.shutdown()
    site.server_close()
    assert not pages_show(f"http://127.0.0.1:{port}", PERSON, {"/": ("x",)}).held
