"""A TCP proxy that cuts bodies, swallows answers or is not there: what a network does to an upload."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading


class FaultyProxy:
    """Forwards to one server. Faults are armed by assignment and happen once."""

    def __init__(self, host: str, port: int) -> None:
        self.cut_after: int | None = None
        """Break the connection after so many more bytes from the client."""
        self.swallow_answer = False
        """Break the connection instead of passing on the server's next bytes."""
        self.away = False
        """Break every connection, new and old, for as long as it is set."""
        self._target = (host, port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []
        self._start(self._accept)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            _break(one)
        for thread in self._threads:
            thread.join(10)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.away:
                    _break(client)
                    continue
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                self._start(self._up, client, server)
                self._start(self._down, client, server)

    def _up(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(4096):
                if self.away:
                    break
                if self.cut_after is not None:
                    self.cut_after -= len(data)
                    if self.cut_after <= 0:
                        self.cut_after = None
                        break
                server.sendall(data)
        _break(client, server)

    def _down(self, client: socket.socket, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if self.swallow_answer or self.away:
                    self.swallow_answer = False
                    break
                client.sendall(data)
        _break(client, server)


def _break(*sockets: socket.socket) -> None:
    """Reset, so that nobody takes it for an orderly end. Wakes a thread that reads from it."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            one.shutdown(socket.SHUT_RDWR)
        one.close()
