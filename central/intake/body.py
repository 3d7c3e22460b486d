"""The bytes of an upload as they arrive on the socket."""

from __future__ import annotations

import contextlib
import errno
import socket
from collections.abc import Callable

from django.http import HttpRequest, UnreadablePostError

BLOCK = 1024 * 1024
"""Smaller reads cost several times the CPU under gunicorn."""


class UploadBody:
    """Reads a request block by block; a connection that breaks or stalls is an early end, not an error."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        self._request = request
        self._left = length
        self._broken = False

    def read(self) -> bytes:
        if self._broken:
            return b""
        try:
            data = self._request.read(BLOCK)
        except UnreadablePostError:
            self._broken = True
            data = self._salvaged()
        self._left -= len(data)
        return data

    def _salvaged(self) -> bytes:
        """What gunicorn had received of the broken block; it would be lost with the exception otherwise."""
        source = self._request.META.get("wsgi.input")
        parts = []
        with contextlib.suppress(AttributeError):
            parts.append(source.buf.getvalue())
            parts.append(source.reader.unreader.take_buffered())
        return b"".join(parts)[: self._left]


def interrupter(request: HttpRequest) -> Callable[[], None]:
    """A function that ends this request's body from another thread by closing the socket's read side."""
    connection = request.META.get("gunicorn.socket")

    def interrupt() -> None:
        if connection is None:
            return
        try:
            connection.shutdown(socket.SHUT_RD)
        except OSError as error:
            if error.errno not in (errno.ENOTCONN, errno.EBADF):
                raise

    return interrupt
