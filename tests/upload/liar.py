"""A web server on a raw socket that answers exactly what a test tells it to, however wrong."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from simulator.network.http_messages import answer, read_head, tus

__all__ = ["Liar", "Request", "answer", "tus"]


@dataclass
class Request:
    """One request's head as it came; the body is read only when asked for."""

    method: str
    path: str
    headers: dict[str, str]
    """Names in lower case."""
    connection: socket.socket = field(repr=False)
    early: bytes = field(repr=False)
    """Body bytes that arrived together with the head."""

    @property
    def length(self) -> int:
        return int(self.headers.get("content-length", "0"))

    def body(self, limit: int | None = None) -> bytes:
        """The body, or its first `limit` bytes."""
        wanted = self.length if limit is None else min(limit, self.length)
        got = bytearray(self.early)
        while len(got) < wanted and (piece := self.connection.recv(65536)):
            got += piece
        return bytes(got)


Handler = Callable[[Request], bytes | None]
"""The raw bytes to answer with; None: close without a word."""


OPTIONS = tus(204, Tus_Version="1.0.0", Tus_Extension="creation")


class Liar:
    """Serves until closed. `handler` may be exchanged at any time; `requests` is what came."""

    def __init__(
        self, handler: Handler, *, receive_buffer: int | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.handler = handler
        self.requests: list[Request] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._tls = tls
        self._server = socket.socket()
        if receive_buffer is not None:
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._server.bind(("127.0.0.1", 0))
        self._server.listen(64)
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self) -> Liar:
        return self

    def __exit__(self, *_: object) -> None:
        for one in [self._server, *self._open]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self._thread.join(5)

    def seen(self, method: str) -> list[Request]:
        return [request for request in self.requests if request.method == method]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                self.connections += 1
                self._open.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            while (request := _read_head(connection)) is not None:
                self.requests.append(request)
                reply = OPTIONS if request.method == "OPTIONS" else self.handler(request)
                if reply is None:
                    break
                connection.sendall(reply)
        with suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()


def _read_head(connection: socket.socket) -> Request | None:
    got = bytearray()
    while b"\r\n\r\n" not in got:
        piece = connection.recv(65536)
        if not piece:
            return None
        got += piece
    head, _, early = bytes(got).partition(b"\r\n\r\n")
    told = read_head(head)
    return Request(told.method, told.path, dict(told.headers), connection, early)
