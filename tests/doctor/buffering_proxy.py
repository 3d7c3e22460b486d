"""A proxy that keeps every request until it is whole, as nginx does unless told otherwise."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class BufferingProxy:
    """In front of one server, until closed."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = [self._listener]
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> BufferingProxy:
        return self

    def __exit__(self, *_: object) -> None:
        for one in self._open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError):
            whole = _whole_request(client)
            with socket.create_connection(self._target) as server:
                server.sendall(whole)
                while data := server.recv(65536):
                    client.sendall(data)
                    if not whole.startswith(b"PATCH"):
                        break
        with suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _whole_request(client: socket.socket) -> bytes:
    got = bytearray()
    while b"\r\n\r\n" not in got:
        got += _some(client)
    head, _, body = bytes(got).partition(b"\r\n\r\n")
    lines = (line.partition(b":") for line in head.split(b"\r\n")[1:])
    length = next((int(value) for name, _, value in lines if name.lower() == b"content-length"), 0)
    while len(body) < length:
        body += _some(client)
    return head + b"\r\n\r\n" + body


def _some(client: socket.socket) -> bytes:
    data = client.recv(65536)
    if not data:
        raise ConnectionError("the client left before its request was whole")
    return data
