"""Serves what the station says of itself to this PC and its screens."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a page answers with."""

    body: bytes
    content_type: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


Page = Callable[[], Answer]


class Latest:
    """The snapshot as it was last put here, and how old it is by a clock that nobody sets. From any thread."""

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._held: tuple[dict[str, object], bytes, float] | None = None

    def put(self, content: dict[str, object]) -> bytes:
        """Keep this snapshot; its JSON."""
        body = json.dumps(content).encode()
        self._held = content, body, self._seconds()
        return body

    def facts(self) -> tuple[dict[str, object], float] | None:
        """The snapshot and its age in seconds; None before the first."""
        held = self._held
        return None if held is None else (held[0], self._seconds() - held[2])

    def as_json(self) -> Answer:
        """`/status`. `Age` tells a page that the agent behind it hangs."""
        held = self._held
        if held is None:
            return Answer(b'{"starting": true}', "application/json", {"Retry-After": "1"}, status=503)
        return Answer(held[1], "application/json", {"Age": str(int(self._seconds() - held[2]))})


class StatusPage:
    """A few pages for whoever may reach the port. A port that is taken costs the pages, never the footage."""

    def __init__(self, listen: str, pages: Mapping[str, Page]) -> None:
        """`pages`: by path, such as `/status`."""
        host, _, port = listen.rpartition(":")
        self._address = (host.strip("[]"), int(port))
        self._pages = pages
        self._server: ThreadingHTTPServer | None = None
        self.url = ""
        """Where it listens, once it does."""

    def start(self) -> None:
        pages = self._pages

        class Handler(BaseHTTPRequestHandler):
            timeout = 10
            server_version, sys_version = "dock-agent", ""

            def do_GET(self) -> None:
                self._answer(with_body=True)

            def do_HEAD(self) -> None:
                self._answer(with_body=False)

            def _answer(self, *, with_body: bool) -> None:
                page = pages.get(self.path.partition("?")[0])
                if page is None:
                    self.send_error(404)
                    return
                try:
                    answer = page()
                except Exception:  # a page that fails is loud, and the connection gets its answer
                    log.exception("page_failed", path=self.path)
                    self.send_error(500)
                    return
                with contextlib.suppress(ConnectionError):
                    self._send(answer, with_body=with_body)

            def _send(self, answer: Answer, *, with_body: bool) -> None:
                self.send_response(answer.status)
                always = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
                sized = {"Content-Type": answer.content_type, "Content-Length": str(len(answer.body))}
                for name, value in {**always, **sized, **answer.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                if with_body:
                    self.wfile.write(answer.body)

            def log_message(self, format: str, *args: object) -> None:
                """Requests for the status are no events of custody."""

        class Server(ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in self._address[0] else socket.AF_INET

        try:
            self._server = Server(self._address, Handler)
        except OSError as error:
            log.warning("status_page_unavailable", listen=":".join(map(str, self._address)), error=str(error))
            return
        host, port = self._address[0], self._server.server_address[1]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        log.info("status_page_listening", url=self.url)
        threading.Thread(target=self._server.serve_forever, name="status page", daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown()
                self._server.server_close()
