"""Serves what the station says of itself to this PC and its screens."""

from __future__ import annotations

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)


class StatusPage:
    """`/status` as JSON. A port that is taken costs the page, never the footage."""

    def __init__(self, listen: str, snapshot: Path) -> None:
        host, _, port = listen.rpartition(":")
        self._address = (host.strip("[]"), int(port))
        self._snapshot = snapshot
        self._server: ThreadingHTTPServer | None = None

    def start(self) -> None:
        snapshot = self._snapshot

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                if self.path.partition("?")[0] != "/status":
                    self.send_error(404)
                    return
                try:
                    body = snapshot.read_bytes()
                except FileNotFoundError:
                    self.send_error(503)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Requests for the status are no events of custody."""

        try:
            self._server = ThreadingHTTPServer(self._address, Handler)
        except OSError as error:
            log.warning("status_page_unavailable", listen=":".join(map(str, self._address)), error=str(error))
            return
        threading.Thread(target=self._server.serve_forever, name="status page", daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            with contextlib.suppress(OSError):
                self._server.shutdown()
                self._server.server_close()
