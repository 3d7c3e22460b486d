"""Footage over tus 1.0. Believes a server only as far as its answer proves; can never be moved past what it sent."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import NoReturn
from urllib.parse import urljoin

import msgspec

from agent.adapters.answers import raise_for_everyone
from agent.adapters.http_session import BLOCK, Answer, Body, HttpSession, origin_of
from agent.errors import (
    ChunkRefused,
    ChunkTooLarge,
    OffsetConflict,
    ProtocolViolation,
    Refused,
    RetryLater,
    SpoolBroken,
    UploadGone,
    UploadLocked,
)
from agent.ports import Pace, SpooledFile, UploadIntent, UploadState
from protocol.messages import Problem

VERSION = "1.0.0"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the server says it can do beyond the core."""

    checksum: bool = False
    with_upload: bool = False


class TusStore:
    """Implements FootageStore. Thread-safe; holds no upload's state."""

    def __init__(self, http: HttpSession, endpoint: str, *, foreign_locations: bool = False) -> None:
        """`foreign_locations` lets a test server behind another name hand out its own URLs."""
        self._http = http
        self._endpoint = endpoint
        self._foreign_locations = foreign_locations
        self._capabilities: Capabilities | None = None
        self._asking = threading.Lock()

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        """See FootageStore. `first` travels along only where the server takes it; the state says how far it got."""
        takes_first = bool(first) and self._can().with_upload
        headers = {
            "Tus-Resumable": VERSION,
            "Upload-Length": str(intent.size),
            "Upload-Metadata": _metadata(intent),
            "Idempotency-Key": str(intent.asset_id),
        }
        if takes_first:
            headers["Content-Type"] = "application/offset+octet-stream"
            headers |= self._checksum(first)
        answer = self._http.request("POST", self._endpoint, headers=headers, body=first if takes_first else b"")
        if answer.status not in (200, 201):
            self._refuse(answer, self._endpoint)
        _prove_tus(answer, self._endpoint)
        url = self._location(answer)
        # Idempotent creation may find an upload that an earlier run of this station already fed.
        offset = _number(answer, url, "Upload-Offset") or 0
        if offset > intent.size:
            raise _lie(url, f"offset {offset} of an upload of {intent.size} bytes")
        return UploadState(url, offset, complete=offset == intent.size)

    def resume(self, url: str, size: int) -> UploadState:
        """See FootageStore."""
        self._same_server(url)
        answer = self._http.request("HEAD", url, headers={"Tus-Resumable": VERSION})
        if answer.status not in (200, 204):
            self._refuse(answer, url)
        _prove_tus(answer, url)
        offset = _number(answer, url, "Upload-Offset")
        length = _number(answer, url, "Upload-Length")
        if offset is None or offset > size:
            raise _lie(url, f"offset {offset} of an upload of {size} bytes")
        if length is not None and length != size:
            raise _lie(url, f"a length of {length} bytes, ours has {size}")
        return UploadState(url, offset, complete=offset == size)

    def append(
        self, url: str, offset: int, source: SpooledFile, length: int, size: int, pace: Pace | None = None
    ) -> UploadState:
        """See FootageStore."""
        self._same_server(url)
        headers = {
            "Tus-Resumable": VERSION,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        }
        if self._can().checksum:
            headers["Upload-Checksum"] = f"sha256 {b64encode(_digest(source, offset, length)).decode()}"
        body = Body(length, _Reads(source, offset, length, pace).read)
        answer = self._http.request("PATCH", url, headers=headers, body=body)
        if answer.status not in (200, 204):
            self._refuse(answer, url)
        _prove_tus(answer, url)
        reached = _number(answer, url, "Upload-Offset")
        if reached != offset + length:
            raise _lie(url, f"offset {reached} after {length} bytes from {offset} on")
        return UploadState(url, offset + length, complete=offset + length == size)

    def _can(self) -> Capabilities:
        with self._asking:
            if self._capabilities is None:
                self._capabilities = self._ask()
            return self._capabilities

    def _ask(self) -> Capabilities:
        answer = self._http.request("OPTIONS", self._endpoint)
        if answer.status in (404, 405, 501):
            return Capabilities()  # the question is optional in tus; the core needs no answer
        raise_for_everyone(answer, self._endpoint)
        if answer.status not in (200, 204) or not {"Tus-Resumable", "Tus-Version"} & _names(answer.headers):
            raise _lie(self._endpoint, f"{answer.status} without a tus header")
        extensions = _words(answer.headers.get("Tus-Extension", ""))
        algorithms = _words(answer.headers.get("Tus-Checksum-Algorithm", ""))
        return Capabilities(
            checksum="checksum" in extensions and "sha256" in algorithms,
            with_upload="creation-with-upload" in extensions,
        )

    def _checksum(self, data: bytes) -> dict[str, str]:
        return (
            {"Upload-Checksum": f"sha256 {b64encode(sha256(data).digest()).decode()}"} if self._can().checksum else {}
        )

    def _location(self, answer: Answer) -> str:
        location = answer.headers.get("Location")
        if not location:
            raise _lie(self._endpoint, "a new upload without a Location")
        url = urljoin(self._endpoint, location)
        if not self._foreign_locations and origin_of(url) != origin_of(self._endpoint):
            raise _lie(self._endpoint, f"an upload on another server, {url}")
        return url

    def _same_server(self, url: str) -> None:
        if not self._foreign_locations and origin_of(url) != origin_of(self._endpoint):
            raise UploadGone(f"{url} is not on the configured server.", hint="It is uploaded anew.")

    def _refuse(self, answer: Answer, url: str) -> NoReturn:
        raise_for_everyone(answer, url)
        status = answer.status
        if status in (404, 410) and url != self._endpoint:
            proven = "Tus-Resumable" in answer.headers
            raise UploadGone(f"Central no longer knows {url} ({status}).", proven=proven)
        if status == 400 and _code(answer) == "cut_short":
            # Our body was torn on the way, and the answer came through: as much a broken connection as silence.
            raise RetryLater("The connection to central broke within a chunk.", code="connection_lost")
        if status == 409:
            raise OffsetConflict(f"Central has another offset for {url}.")
        if status == 413:
            raise ChunkTooLarge("Something between here and central takes only smaller requests (413).")
        if status == 423:
            raise UploadLocked("An earlier connection still holds the upload (423).")
        if status == 460:
            raise ChunkRefused("The chunk arrived damaged (460).")
        if status >= 400 and "Tus-Resumable" in answer.headers:
            self._capabilities = None  # perhaps another server answers here now
            raise Refused(f"Central refused the request ({status}).", code="upload_refused")
        raise _lie(url, str(status))


class _Reads:
    """The body of one chunk, block by block from the spool, as fast as `pace` lets it."""

    def __init__(self, source: SpooledFile, offset: int, length: int, pace: Pace | None) -> None:
        self._source = source
        self._at = offset
        self._end = offset + length
        self._pace = pace

    def read(self, size: int) -> bytes:
        wanted = min(size, self._end - self._at)
        if wanted <= 0:
            return b""
        if self._pace is not None:
            wanted = self._pace(wanted)
        block = _read(self._source, self._at, wanted)
        self._at += len(block)
        return block


def _read(source: SpooledFile, at: int, wanted: int) -> bytes:
    try:
        block = source.read_at(at, wanted)
    except OSError as error:  # left alone, urllib3 would take it for a broken connection
        raise SpoolBroken(f"The spool's copy cannot be read at {at}: {error}.", code="copy_unreadable") from error
    if not block:
        raise SpoolBroken(f"The spool's copy ends at {at}, too early.", code="copy_short")
    return block


def _digest(source: SpooledFile, offset: int, length: int) -> bytes:
    digest, end = sha256(), offset + length
    while offset < end:
        block = _read(source, offset, min(BLOCK, end - offset))
        digest.update(block)
        offset += len(block)
    return digest.digest()


def _metadata(intent: UploadIntent) -> str:
    values = {
        "asset_id": str(intent.asset_id).encode(),
        "camera": intent.camera.encode(),
        "path": intent.path,
        "attempt": str(intent.attempt).encode(),
    }
    return ",".join(f"{name} {b64encode(value).decode()}".rstrip() for name, value in values.items())


def _code(answer: Answer) -> str:
    """The code of the problem that central names; empty when it names none."""
    try:
        return msgspec.json.decode(answer.body, type=Problem).code
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def _prove_tus(answer: Answer, url: str) -> None:
    if answer.headers.get("Tus-Resumable") != VERSION:
        kind = answer.headers.get("Content-Type", "no type")
        raise _lie(url, f"{answer.status} ({kind}) without Tus-Resumable: {VERSION}")


def _number(answer: Answer, url: str, name: str) -> int | None:
    text = answer.headers.get(name)
    if text is None:
        return None
    # isdecimal() alone accepts other scripts' digits; more than 16 digits is no size of anything.
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise _lie(url, f"{name}: {text[:40]!r}")
    return int(text)


def _names(headers: Mapping[str, str]) -> set[str]:
    return {name.title() for name in headers}


def _words(text: str) -> set[str]:
    return {word.strip().lower() for word in text.split(",")}


def _lie(url: str, what: str) -> ProtocolViolation:
    return ProtocolViolation(
        f"{url} answered with {what}; that cannot be central.",
        hint="Nothing was advanced. Is there a login page or a proxy in between?",
    )
