"""A real receiver of webhooks, and a real mail server."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.alarms.receiver import Receiver
from tests.mailing.conftest import post_office

__all__ = ["post_office"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one.posts.append({**json.loads(body), "key": self.headers["Idempotency-Key"]})
            self._answer()

        def do_GET(self) -> None:
            one.paths.append(self.path)
            self._answer()

        def _answer(self) -> None:
            self.send_response(one.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        one.url = f"http://127.0.0.1:{server.server_port}/hook?token=secret"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield one
        server.shutdown()
        thread.join()
