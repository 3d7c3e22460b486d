"""Asks central what a station's work depends on. Leaves nothing there: no upload, no event, no heartbeat."""

from __future__ import annotations

import select
import socket
import ssl
import time
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

from agent.adapters.central_api import api_url, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.tus import VERSION
from agent.errors import RetryLater
from agent.ports import Clock
from agent.rules.diagnosis.network import EarlyAnswer
from protocol import VERSION_HEADER

ANNOUNCED = 1 << 20
SENT = 64 * 1024
PIECE = 8 * 1024
ANSWER_WITHIN_S = 6.0
DATE_UNCERTAINTY_S = 0.5
"""A `Date` says whole seconds: the instant was up to one later."""


def clock_offset(http: HttpSession, base_url: str, clock: Clock) -> tuple[float, float] | None:
    """Seconds by which this clock is ahead of central's, and their uncertainty; None when it told no time.

    Raises:
        RetryLater: central cannot be reached.
    """
    before = clock.now().wall
    answer = http.request("GET", f"{api_url(base_url)}/standing")
    after = clock.now().wall
    # Whoever answers in central's place has another clock.
    there = _date(answer.headers.get("Date", "")) if VERSION_HEADER in answer.headers else None
    if there is None:
        return None
    middle = before + (after - before) / 2
    spread = (after - before).total_seconds() / 2
    return (middle - there).total_seconds() - DATE_UNCERTAINTY_S, DATE_UNCERTAINTY_S + spread


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo is not None else None


def early_answer(base_url: str, token: str, trust: Path | None, *, within_s: float = ANSWER_WITHIN_S) -> EarlyAnswer:
    """Send the first part of a PATCH to an upload that does not exist, and see whether its refusal comes.

    Central refuses it on seeing the head. A proxy that keeps requests until they are whole shows nothing.

    Raises:
        RetryLater: no connection came about.
    """
    where = urlsplit(api_url(base_url))
    try:
        with _connected(where.hostname or "", where.port, where.scheme, trust) as connection:
            return _spoken(connection, _head(base_url, token), within_s)
    except OSError as error:
        raise RetryLater(
            f"{where.netloc} broke off while it was asked slowly: {error}.", code="connection_lost"
        ) from error


def _connected(host: str, port: int | None, scheme: str, trust: Path | None) -> socket.socket:
    plain = socket.create_connection((host, port or (443 if scheme == "https" else 80)), timeout=10)
    if scheme != "https":
        return plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if trust is not None:
        context.load_verify_locations(*((None, str(trust)) if trust.is_dir() else (str(trust), None)))
    return context.wrap_socket(plain, server_hostname=host)


def _head(base_url: str, token: str) -> bytes:
    where = urlsplit(f"{uploads_url(base_url)}/{uuid4()}")
    told = {
        "Host": where.netloc,
        "Authorization": f"Bearer {token}",
        "Tus-Resumable": VERSION,
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(ANNOUNCED),
        "User-Agent": "dock-agent doctor",
        "Connection": "close",
    }
    lines = [f"PATCH {where.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items() if value)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def _spoken(connection: socket.socket, head: bytes, within_s: float) -> EarlyAnswer:
    """Slowly, until an answer comes or enough was sent; then wait."""
    connection.sendall(head)
    started, sent = time.monotonic(), 0
    got = b""
    while time.monotonic() - started < within_s:
        if _readable(connection, 0.05 if sent < SENT else 0.2):
            piece = _received(connection)
            got += piece
            if not piece or b"\r\n\r\n" in got:
                break
        elif sent < SENT:
            connection.sendall(bytes(PIECE))
            sent += PIECE
    waited = time.monotonic() - started
    status, headers = _understood(got)
    return EarlyAnswer(
        sent=sent,
        announced=ANNOUNCED,
        waited_s=waited,
        limit_s=within_s,
        status=status,
        from_central=VERSION_HEADER.lower() in headers,
        server=headers.get("via") or headers.get("server", ""),
        trouble="the connection was closed without an answer" if status is None and waited < within_s else "",
    )


def _readable(connection: socket.socket, within_s: float) -> bool:
    if isinstance(connection, ssl.SSLSocket) and connection.pending():
        return True
    return bool(select.select([connection], [], [], within_s)[0])


def _received(connection: socket.socket) -> bytes:
    try:
        return connection.recv(65536)
    except ConnectionError:
        return b""


def _understood(got: bytes) -> tuple[int | None, dict[str, str]]:
    head = got.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    parts = head[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdecimal():
        return None, {}
    pairs = (line.partition(":") for line in head[1:])
    return int(parts[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}
