"""What a webhook was told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What was posted to a real server, and what it answers."""

    status: int = 204
    posts: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def events(self) -> list[str]:
        return [f"{one['kind']} {one['subject']} {one['event']}" for one in self.posts]


@contextmanager
def endless_answers() -> Iterator[str]:
    """A server that says 200 and goes on talking for as long as somebody listens."""
    is_over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not is_over.wait(0.05):
                try:
                    self.wfile.write(b"and ")
                except OSError:
                    return

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is logged."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        is_over.set()
        server.shutdown()
        thread.join()
