"""Receiving the bytes of an upload: the committed offset is a row that is advanced only after fdatasync."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from django.db import OperationalError, transaction

from central.custody.assets import note_uploaded
from central.custody.models import Upload
from central.custody.object_store import ObjectStore
from central.custody.turns import UploadBusy

log = structlog.get_logger()

COMMIT_EVERY = 64 * 1024 * 1024
"""Bytes between two commits of one long body that carries no checksum."""


class WrongOffset(Exception):
    """The body does not begin where central's committed bytes end. Nothing was written."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class ChecksumMismatch(Exception):
    """The body's digest is another than announced. Its bytes were cut off again."""


class BodyTooLong(Exception):
    """The body would go past the upload's length. Nothing was written."""


class BodyCutShort(Exception):
    """The body ended early. Without a checksum what arrived was committed; with one it was cut off again."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


class StoreFull(Exception):
    """No space for the body. Nothing was advanced."""


class UploadGone(Exception):
    """The upload is over: its bytes were refused by the final check."""


class Body(Protocol):
    """The bytes of one request; an empty read is their end, early or not."""

    def read(self) -> bytes: ...


@dataclass(frozen=True)
class Checksum:
    """The announced digest of one body. It guards the transfer; what is stored is judged by its SHA-256 alone."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True)
class Piece:
    """What a request announced about its body."""

    offset: int
    length: int
    checksum: Checksum | None = None


def receive(store: ObjectStore, upload_id: UUID, piece: Piece, body: Body, now: Callable[[], datetime]) -> int:
    """Take one body; returns the new committed offset. The caller holds the upload's turn.

    Raises:
        WrongOffset, BodyTooLong, ChecksumMismatch, BodyCutShort, StoreFull, UploadGone, UploadBusy: see each.
    """
    with open_part(store, upload_id, now) as part:
        if part.upload.state == Upload.DEAD:
            raise UploadGone
        if piece.offset != part.committed:
            raise WrongOffset(part.committed)
        if piece.length > part.upload.length - part.committed:
            raise BodyTooLong
        if part.upload.state == Upload.STORED:
            return part.committed
        try:
            with full_store_named():
                return _take(part, piece, body)
        except BaseException:
            part.cut_back()
            raise


@contextmanager
def full_store_named() -> Iterator[None]:
    """Tells a full disk from every other trouble with it."""
    try:
        yield
    except (OSError, OperationalError) as error:
        if is_full(error):
            raise StoreFull from error
        raise


def is_full(error: BaseException) -> bool:
    """Whether there is no room for what was to be written, be it in a file or in the database beside the files."""
    if isinstance(error, OperationalError):
        return "disk is full" in str(error)
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def _take(part: PartWriter, piece: Piece, body: Body) -> int:
    wanted, arrived = piece.checksum, 0
    hasher = None if wanted is None else hashlib.new(wanted.algorithm)
    while arrived < piece.length and (data := body.read()):
        if hasher is not None:
            hasher.update(data)
        part.write(data)
        arrived += len(data)
        if hasher is None and part.uncommitted >= COMMIT_EVERY:
            part.commit()
    if wanted is not None and hasher is not None:
        if arrived < piece.length:
            part.cut_back()
            raise BodyCutShort(part.committed)
        if hasher.digest() != wanted.digest:
            part.cut_back()
            raise ChecksumMismatch
    part.commit()
    if arrived < piece.length:
        raise BodyCutShort(part.committed)
    return part.committed


@contextmanager
def open_part(store: ObjectStore, upload_id: UUID, now: Callable[[], datetime]) -> Iterator[PartWriter]:
    """The part file, locked and cut back to its committed offset.

    Raises:
        UploadBusy: another process holds the file.
    """
    upload = Upload.objects.get(pk=upload_id)
    if upload.state != Upload.ALIVE:
        yield PartWriter(-1, upload, now)
        return
    store.free_part(upload_id, upload.offset)
    fd = os.open(store.make_part(upload_id), os.O_RDWR | os.O_NOFOLLOW)
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UploadBusy from None
        upload.refresh_from_db()
        part = PartWriter(fd, upload, now)
        part.settle()
        yield part
    finally:
        os.close(fd)


class PartWriter:
    """Writes behind the committed offset and moves it."""

    def __init__(self, fd: int, upload: Upload, now: Callable[[], datetime]) -> None:
        self._fd = fd
        self._now = now
        self.upload = upload
        self.committed = upload.offset
        self.uncommitted = 0

    def settle(self) -> None:
        """Make file and row agree: bytes nobody committed go; a file that lost bytes takes the row back with it."""
        size = os.fstat(self._fd).st_size
        if size < self.committed:
            log.error("part_lost_bytes", upload=str(self.upload.pk), committed=self.committed, found=size)
            Upload.objects.filter(pk=self.upload.pk).update(offset=size)
            self.committed = self.upload.offset = size
        elif size > self.committed:
            os.ftruncate(self._fd, self.committed)

    def write(self, data: bytes) -> None:
        view, position = memoryview(data), self.committed + self.uncommitted
        while view:
            count = os.pwrite(self._fd, view, position)
            view, position = view[count:], position + count
        self.uncommitted += len(data)

    def commit(self) -> None:
        """Make what was written durable, then say so."""
        os.fdatasync(self._fd)
        reached, now = self.committed + self.uncommitted, self._now()
        with transaction.atomic():
            moved = Upload.objects.filter(pk=self.upload.pk, offset=self.committed, state=Upload.ALIVE).update(
                offset=reached, touched_at=now
            )
            if moved != 1:
                raise UploadGone
            if reached == self.upload.length:
                note_uploaded(self.upload.asset_id, now)
        self.committed, self.uncommitted = reached, 0

    def cut_back(self) -> None:
        os.ftruncate(self._fd, self.committed)
        self.uncommitted = 0
