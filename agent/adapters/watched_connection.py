"""HTTP connections that notice when a peer stops taking bytes, and when it answers before it has them all.

urllib3 sends bodies under the *connect* timeout, and `sendall` counts it over the whole call: a large block on
a slow but healthy link dies, a small timeout hides behind a fast one. Here only silence counts.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import select
import socket
import ssl
import struct
import termios
import threading
import time
from typing import Any, ClassVar
from weakref import WeakSet

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

TLS_PIECE = 64 * 1024
"""`SSL_write` returns only when all it was given is written; a small piece keeps the watch meaningful."""
SMALL_BODY = 64 * 1024


class Stalled(TimeoutError):
    """The peer took no byte for the stall limit."""


class LiveConnections:
    """Every connection of one session, so that another thread can end them all."""

    def __init__(self) -> None:
        self._all: WeakSet[WatchedConnection] = WeakSet()
        self._lock = threading.Lock()

    def add(self, connection: WatchedConnection) -> None:
        with self._lock:
            self._all.add(connection)

    def end(self) -> None:
        """Break every connection: whatever waits on one fails at once."""
        with self._lock:
            connections = list(self._all)
        for connection in connections:
            sock = connection.sock
            if sock is not None:
                with contextlib.suppress(OSError):  # it ended by itself
                    # The plain socket's method: SSLSocket's own drops the TLS state under the other thread.
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)


class WatchedConnection:
    """Mixed into urllib3's connections: every send has a stall limit instead of a total one."""

    stall_s: ClassVar[float]
    live: ClassVar[LiveConnections]
    sock: Any
    _sent = 0
    _cut_short = False
    _stalled = False
    timeout: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.live.add(self)

    def putrequest(self, *args: Any, **kwargs: Any) -> None:
        self._sent, self._cut_short, self._stalled = 0, False, False
        super().putrequest(*args, **kwargs)  # type: ignore[misc]

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        view = memoryview(data).cast("B")
        self.sock.settimeout(self.stall_s)
        if isinstance(self.sock, ssl.SSLSocket):
            self._send_tls(view)
        else:
            self._send_plain(view)

    def _send_plain(self, view: memoryview) -> None:
        watch = select.poll()
        watch.register(self.sock, select.POLLIN | select.POLLOUT)
        while view:
            ready = watch.poll(self.stall_s * 1000)
            if not ready:
                raise Stalled(f"no byte was taken for {self.stall_s:.0f} s")
            if ready[0][1] & (select.POLLIN | select.POLLHUP | select.POLLERR):
                # An answer before the body's end is a refusal. urllib3 goes on to read it after a broken pipe.
                self._cut_short = True
                raise BrokenPipeError("the server answered before it had the whole body")
            taken = self.sock.send(view)
            self._sent += taken
            view = view[taken:]

    def _send_tls(self, view: memoryview) -> None:
        while view:
            try:
                taken = self.sock.send(view[:TLS_PIECE])
            except (TimeoutError, ssl.SSLWantReadError, ssl.SSLWantWriteError) as error:
                self._cut_short = True
                if _is_readable(self.sock):
                    # Perhaps a refusal, perhaps a TLS 1.3 session ticket: only a stall looks, and not for long.
                    self._stalled = True
                    raise BrokenPipeError("the server may have answered before it had the whole body") from error
                raise Stalled(f"no byte was taken for {self.stall_s:.0f} s") from error
            self._sent += taken
            view = view[taken:]

    def getresponse(self) -> Any:
        if self.sock is not None and self._sent > SMALL_BODY and not self._cut_short:
            self._wait_until_taken()
        response = self._refusal_after_stall() if self._stalled else super().getresponse()  # type: ignore[misc]
        if self._cut_short and self.sock is not None:
            # Half a body went out: another request on this connection would be read as the other half.
            half_used, self.sock = self.sock, None
            half_used.close()
        return response

    def _refusal_after_stall(self) -> Any:
        self.timeout = 1.0  # whatever there is to read is here already
        try:
            return super().getresponse()  # type: ignore[misc]
        except (OSError, http.client.HTTPException) as error:
            raise Stalled(f"no byte was taken for {self.stall_s:.0f} s") from error

    def _wait_until_taken(self) -> None:
        """The kernel may hold minutes of a slow link's bytes: the wait for an answer begins when they are out."""
        watch = select.poll()
        watch.register(self.sock, select.POLLIN)
        is_tls = isinstance(self.sock, ssl.SSLSocket)
        left, moved_at = _unacknowledged(self.sock), time.monotonic()
        while left:
            if is_tls:
                time.sleep(0.01)
            elif watch.poll(50):
                return
            now_left = _unacknowledged(self.sock)
            if now_left < left:
                left, moved_at = now_left, time.monotonic()
            elif time.monotonic() - moved_at > self.stall_s:
                raise Stalled(f"no byte was taken for {self.stall_s:.0f} s")


def _is_readable(sock: socket.socket) -> bool:
    watch = select.poll()
    watch.register(sock, select.POLLIN)
    return bool(watch.poll(0))


def _unacknowledged(sock: socket.socket) -> int:
    answer = fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])


def pool_classes(stall_s: float, live: LiveConnections) -> dict[str, type[HTTPConnectionPool]]:
    """Connection pools by scheme whose connections watch for `stall_s` seconds and enrol in `live`."""
    limits = {"stall_s": stall_s, "live": live}
    plain = type("WatchedHTTP", (WatchedConnection, HTTPConnection), limits)
    secure = type("WatchedHTTPS", (WatchedConnection, HTTPSConnection), limits)
    return {
        "http": type("WatchedHTTPPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("WatchedHTTPSPool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
