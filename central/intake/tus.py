"""The tus 1.0 doors: create, ask, send. There is no termination: central deletes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.http import HttpRequest, HttpResponse

from central import clock
from central.custody import receiving
from central.custody.assets import ForeignAsset
from central.custody.models import Upload
from central.custody.receiving import Piece, receive
from central.custody.turns import UploadBusy
from central.custody.uploads import LengthConflict, begin_upload, reached
from central.intake import tus_headers
from central.intake.answers import Refused, empty_answer, store_full
from central.intake.body import UploadBody, interrupter
from central.intake.doors import door
from central.intake.workplace import workplace
from protocol.calls import PREFIX

log = structlog.get_logger()

PRE_EMPT_WAIT_S = 10.0
"""How long HEAD waits for a stale PATCH to commit what it has and end."""


@door("tus_options")
def options(request: HttpRequest) -> HttpResponse:
    return tus_headers.capabilities()


@door("tus_create")
def create(request: HttpRequest, station: str) -> HttpResponse:
    tus_headers.require_version(request)
    wanted = tus_headers.new_upload(request, station)
    length, checksum = tus_headers.body_length(request), tus_headers.checksum(request)
    if length:
        tus_headers.require_content_type(request)
    try:
        with _refusals():
            upload = begin_upload(workplace().store, wanted, clock.now())
    except ForeignAsset:
        raise Refused(404, "unknown_asset", "this asset is not this station's; nothing was changed") from None
    except LengthConflict:
        raise Refused(
            409, "length_conflict", "this asset is being uploaded with another length; nothing was changed"
        ) from None
    offset = _offset(upload)
    if length and offset == 0 and upload.state == Upload.ALIVE:
        offset = _receive(request, upload.pk, Piece(0, length, checksum))
    response = empty_answer(201, Location=f"{PREFIX}/uploads/{upload.pk}")
    return tus_headers.upload_headers(response, upload, offset, clock.now())


@door("tus_head")
def head(request: HttpRequest, station: str, upload_id: UUID) -> HttpResponse:
    tus_headers.require_version(request)
    upload = _own_upload(station, upload_id)
    if upload.state == Upload.DEAD:
        raise _gone()
    response = empty_answer(200, Cache_Control="no-store")
    return tus_headers.upload_headers(response, upload, _offset(upload), clock.now())


@door("tus_patch")
def patch(request: HttpRequest, station: str, upload_id: UUID) -> HttpResponse:
    tus_headers.require_version(request)
    tus_headers.require_content_type(request)
    upload = _own_upload(station, upload_id)
    piece = Piece(
        tus_headers.number(request, "Upload-Offset"),
        tus_headers.body_length(request),
        tus_headers.checksum(request),
    )
    offset = _receive(request, upload.pk, piece)
    return tus_headers.upload_headers(empty_answer(204), upload, offset, clock.now())


def _own_upload(station: str, upload_id: UUID) -> Upload:
    upload = Upload.objects.filter(pk=upload_id, station_id=station).first()
    if upload is None:
        raise Refused(404, "unknown_upload", "this station has no such upload", "create it again")
    return upload


def _offset(upload: Upload) -> int:
    if upload.state == Upload.STORED:
        return upload.length
    place = workplace()
    with _refusals():
        return reached(place.store, place.turns, upload, PRE_EMPT_WAIT_S, clock.now)


def _receive(request: HttpRequest, upload_id: UUID, piece: Piece) -> int:
    place = workplace()
    with _refusals(), place.turns.take(upload_id, interrupter(request)):
        return receive(place.store, upload_id, piece, UploadBody(request, piece.length), clock.now)


def _gone() -> Refused:
    return Refused(410, "upload_gone", "this upload was refused by the final check", "create a new one")


@contextmanager
def _refusals() -> Iterator[None]:
    """What went wrong with a body, in the words and numbers of tus."""
    try:
        yield
    except UploadBusy:
        raise Refused(
            423, "upload_busy", "another request holds this upload; nothing was changed", Retry_After="1"
        ) from None
    except receiving.UploadGone:
        raise _gone() from None
    except receiving.WrongOffset as wrong:
        raise Refused(
            409,
            "wrong_offset",
            f"central's committed bytes end at {wrong.offset}; nothing was written",
            "ask with HEAD and go on from there",
            Upload_Offset=str(wrong.offset),
        ) from None
    except receiving.BodyTooLong:
        raise Refused(413, "body_too_long", "the body goes past the upload's length; nothing was written") from None
    except receiving.ChecksumMismatch:
        log.warning("piece_mismatched")
        raise Refused(
            460, "checksum_mismatch", "the body has another SHA-256; its bytes were cut off", "send it again"
        ) from None
    except receiving.BodyCutShort as short:
        log.info("body_cut_short", offset=short.offset)
        raise Refused(
            400, "cut_short", f"the body ended early; committed bytes end at {short.offset}", "ask with HEAD"
        ) from None
    except receiving.StoreFull:
        raise store_full() from None
