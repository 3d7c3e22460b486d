"""Reading and writing the headers of tus 1.0."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.http import http_date

from central.custody.models import Upload
from central.custody.receiving import Checksum
from central.custody.uploads import UPLOAD_LIFE, NewUpload
from central.intake.answers import Refused, empty_answer
from protocol.calls import TUS_VERSION

VERSION = TUS_VERSION
EXTENSIONS = "creation,creation-with-upload,checksum,expiration"
MAX_SIZE = 2**53 - 1
CHECKSUMS = {"sha256": 32, "sha1": 20}
"""Bytes of a digest by its name. Ours use sha256; tus 1.0 asks every server to know sha1."""
CONTENT_TYPE = "application/offset+octet-stream"
NOTHING_CHANGED = "nothing was changed"


def require_version(request: HttpRequest) -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        raise Refused(412, "tus_version", f"central speaks tus {VERSION}; {NOTHING_CHANGED}", Tus_Version=VERSION)


def number(request: HttpRequest, name: str) -> int:
    """A header that must be a plain decimal number."""
    text = request.headers.get(name, "")
    if not (text.isascii() and text.isdigit() and int(text[:20]) <= MAX_SIZE):
        raise Refused(400, "bad_header", f"{name} must be a number of bytes; {NOTHING_CHANGED}")
    return int(text)


def body_length(request: HttpRequest) -> int:
    """Content-Length; a body of unknown length cannot be checked against the upload's."""
    if request.headers.get("Transfer-Encoding"):
        raise Refused(411, "length_required", f"send Content-Length; {NOTHING_CHANGED}")
    return number(request, "Content-Length") if request.headers.get("Content-Length") else 0


def require_content_type(request: HttpRequest) -> None:
    if request.content_type != CONTENT_TYPE:
        raise Refused(415, "content_type", f"the body must be {CONTENT_TYPE}; {NOTHING_CHANGED}")


def checksum(request: HttpRequest) -> Checksum | None:
    """The announced digest of the body; None when there is none."""
    text = request.headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, encoded = text.strip().partition(" ")
    digest = _b64(encoded.strip())
    if digest is None or len(digest) != CHECKSUMS.get(algorithm):
        known = " or ".join(CHECKSUMS)
        raise Refused(400, "bad_checksum", f"Upload-Checksum must be {known} and base64; {NOTHING_CHANGED}")
    return Checksum(algorithm, digest)


def metadata(request: HttpRequest) -> dict[str, bytes]:
    """Upload-Metadata decoded; a key without a value is empty."""
    found: dict[str, bytes] = {}
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _, encoded = pair.strip().partition(" ")
        value = _b64(encoded.strip())
        if value is None:
            raise Refused(400, "bad_metadata", f"Upload-Metadata {key!r} is not base64; {NOTHING_CHANGED}")
        if key:
            found[key] = value
    return found


def new_upload(request: HttpRequest, station: str) -> NewUpload:
    """What a creation request asks for."""
    told = metadata(request)
    names = {name for name in (request.headers.get("Idempotency-Key", ""), _text(told, "asset_id")) if name}
    try:
        (asset_id,) = {UUID(name.strip('"')) for name in names}
    except ValueError:
        raise Refused(
            400,
            "bad_asset_id",
            f"Idempotency-Key and metadata asset_id must be the asset's one UUID; {NOTHING_CHANGED}",
        ) from None
    attempt = _text(told, "attempt")
    return NewUpload(
        station=station,
        asset_id=asset_id,
        length=number(request, "Upload-Length"),
        camera=_text(told, "camera"),
        path=told.get("path", b""),
        attempt=int(attempt) if attempt.isdecimal() and len(attempt) < 9 else 1,
    )


def upload_headers(response: HttpResponse, upload: Upload, offset: int, now: datetime) -> HttpResponse:
    """Offset, length and expiry of an upload, on its way to a station."""
    response["Tus-Resumable"] = VERSION
    response["Upload-Offset"] = str(offset)
    response["Upload-Length"] = str(upload.length)
    if offset < upload.length:
        response["Upload-Expires"] = http_date((now + UPLOAD_LIFE).timestamp())
    return response


def capabilities() -> HttpResponse:
    return empty_answer(
        204,
        Tus_Resumable=VERSION,
        Tus_Version=VERSION,
        Tus_Extension=EXTENSIONS,
        Tus_Checksum_Algorithm=",".join(CHECKSUMS),
        Tus_Max_Size=str(MAX_SIZE),
    )


def _text(told: dict[str, bytes], key: str) -> str:
    return told.get(key, b"").decode("utf-8", "backslashreplace")


def _b64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
