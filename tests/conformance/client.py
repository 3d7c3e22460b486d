"""What the suite says to a server: plain tus over HTTP, and requests that stop half-way."""

from __future__ import annotations

import base64
import hashlib
import socket
import time
import uuid
from dataclasses import dataclass, field
from urllib.parse import urljoin, urlsplit

import requests

from tests.conformance.server import Server

STREAM = "application/offset+octet-stream"
TIMEOUT_S = 30
STILL_FOR_S = 0.8
"""An offset that has not moved for so long will not."""
ARRIVES_WITHIN_S = 5.0
LOOKED_AFTER_S = 1.0
"""How long a server that keeps bytes elsewhere than in files gets to take them."""


class Differs(Exception):
    """The server does something else than the row says; in a few words what."""


class NotOffered(Exception):
    """The server does not claim to do this, or it cannot be asked from outside."""


def must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Differs(otherwise)


@dataclass
class Client:
    """Speaks to one server; everything it opened is closed by `close`."""

    server: Server
    http: requests.Session = field(default_factory=requests.Session)
    sockets: list[socket.socket] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.http.trust_env = False
        self.http.headers.update({"Tus-Resumable": "1.0.0", **self.server.headers})

    def close(self) -> None:
        self.http.close()
        for one in self.sockets:
            one.close()

    def ask(self, method: str, url: str, data: bytes | None = None, **headers: str | None) -> requests.Response:
        """One request; underscores in header names stand for dashes, None takes a header away."""
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.http.request(
            method,
            url,
            data=data,
            headers=told,
            timeout=TIMEOUT_S,
            allow_redirects=False,  # type: ignore[arg-type]
        )

    def extensions(self) -> set[str]:
        answer = self.ask("OPTIONS", self.server.creation_url(uuid.uuid4()))
        return {word.strip() for word in answer.headers.get("Tus-Extension", "").split(",") if word.strip()}

    def needs(self, extension: str) -> None:
        if extension not in self.extensions():
            raise NotOffered

    def creation(
        self, key: uuid.UUID | None = None, data: bytes | None = None, **more: str | None
    ) -> requests.Response:
        """One creation as it is answered. `key` makes it the same upload for a server that knows such keys."""
        key = key or uuid.uuid4()
        told = {
            "asset_id": str(key),
            "filename": f"{key}.mp4",
            "filetype": "video/mp4",
            "camera": "C1",
            "path": "a.mp4",
        }
        pairs = ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in told.items())
        headers: dict[str, str | None] = {"Upload_Metadata": pairs, "Idempotency_Key": str(key), **more}
        if data is not None:
            headers["Content_Type"] = STREAM
        return self.ask("POST", self.server.creation_url(key), data, **headers)

    def create(self, length: int, key: uuid.UUID | None = None) -> str:
        """The URL of a new upload."""
        return self.place(self.creation(key, Upload_Length=str(length)))

    def place(self, answer: requests.Response) -> str:
        must(answer.status_code == 201, f"creation answers {answer.status_code}")
        must("Location" in answer.headers, "creation tells no Location")
        return urljoin(answer.request.url or "", answer.headers["Location"])

    def patch(self, url: str, offset: int, data: bytes, **headers: str | None) -> requests.Response:
        told: dict[str, str | None] = {"Content_Type": STREAM, "Upload_Offset": str(offset), **headers}
        return self.ask("PATCH", url, data, **told)

    def head(self, url: str) -> requests.Response:
        """Patiently: a server may still be busy with a connection that has ended."""
        until = time.monotonic() + TIMEOUT_S
        while (answer := self.ask("HEAD", url)).status_code == 423 and time.monotonic() < until:
            time.sleep(0.2)
        return answer

    def offset(self, url: str) -> int:
        answer = self.head(url)
        must(answer.status_code in (200, 204), f"HEAD answers {answer.status_code}")
        text = answer.headers.get("Upload-Offset", "")
        must(text.isdecimal(), f"HEAD says Upload-Offset: {text!r}")
        return int(text)

    def settled_offset(self, url: str) -> int:
        """The offset once it no longer moves: a server may still be taking what a closed connection had sent."""
        at, since, until = self.offset(url), time.monotonic(), time.monotonic() + TIMEOUT_S
        while time.monotonic() - since < STILL_FOR_S and time.monotonic() < until:
            time.sleep(0.1)
            if (now := self.offset(url)) != at:
                at, since = now, time.monotonic()
        return at

    def wait_arrived(self, data: bytes, wanted: int) -> None:
        """Until so many bytes are seen in a file; a server may also keep them where nobody sees them."""
        until = time.monotonic() + ARRIVES_WITHIN_S
        patient = time.monotonic() + LOOKED_AFTER_S
        while time.monotonic() < until:
            part = self.server.part_of(data)
            if part is not None and part.stat().st_size >= wanted:
                return
            if part is None and time.monotonic() > patient:
                return
            time.sleep(0.02)

    def finish(self, url: str, data: bytes) -> None:
        """Go on from where the server says, as often as it asks to; what is stored must be exactly `data`."""
        until = time.monotonic() + TIMEOUT_S
        while (at := self.offset(url)) < len(data):
            answer = self.patch(url, at, data[at:])
            if answer.status_code == 204:
                break
            patient = answer.status_code in (409, 423) and time.monotonic() < until
            must(patient, f"going on answers {answer.status_code}")
            time.sleep(0.1)
        must(at <= len(data), f"HEAD says {at} of {len(data)} bytes")
        self.check_stored(url, data)

    def check_stored(self, url: str, data: bytes) -> None:
        must(self.server.holds(url, data), "other bytes are stored than were sent")

    def begin(self, method: str, url: str, length: int, **headers: str) -> socket.socket:
        """The head of a request whose body is then sent by hand."""
        where = urlsplit(url)
        connection = socket.create_connection((where.hostname or "", where.port or 80), timeout=TIMEOUT_S)
        self.sockets.append(connection)
        told = {
            "Host": where.netloc,
            "Tus-Resumable": "1.0.0",
            "Content-Type": STREAM,
            "Content-Length": str(length),
            **self.server.headers,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{method} {where.path} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection

    def half(self, url: str, offset: int, data: bytes, sent: int, **headers: str) -> socket.socket:
        """A PATCH that announces `data` and sends only its first bytes."""
        connection = self.begin("PATCH", url, len(data), Upload_Offset=str(offset), **headers)
        connection.sendall(data[:sent])
        return connection


def status_of(connection: socket.socket) -> int | None:
    """The status of the answer on a connection; None when it was closed without one."""
    try:
        got = connection.recv(4096)
    except (ConnectionError, TimeoutError):
        return None
    return int(got.split(b" ", 2)[1]) if got.startswith(b"HTTP/") else None


def checksum(data: bytes, algorithm: str) -> str:
    return f"{algorithm} {base64.b64encode(hashlib.new(algorithm, data).digest()).decode()}"
