"""Objects and parts as files: durable, whole, plain, never overwritten."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from central.data_dir import DataDir, sync_folder

BLOCK = 1024 * 1024
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()

_placing = threading.Lock()


@dataclass(frozen=True)
class Digest:
    """What reading a whole file back gave."""

    sha256: str
    size: int


def read_back(path: Path, progress: Callable[[int], None] = lambda _: None) -> Digest:
    """Hash a file as the disk holds it: flushed first, and the page cache dropped so that it is really read.

    Raises:
        OSError: it is missing or cannot be read to its end.
    """
    hasher, size = hashlib.sha256(), 0
    buffer = bytearray(BLOCK)
    view = memoryview(buffer)
    fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        while count := os.readv(fd, [buffer]):
            hasher.update(view[:count])
            size += count
            progress(size)
    finally:
        os.close(fd)
    return Digest(hasher.hexdigest(), size)


class ObjectStore:
    """The folders of one DIR that hold footage."""

    def __init__(self, data: DataDir) -> None:
        self._data = data

    def part(self, upload_id: UUID) -> Path:
        return self._data.parts / str(upload_id)

    def object(self, sha256: str) -> Path:
        return self._data.objects / sha256[:2] / sha256

    def holds(self, sha256: str, size: int) -> bool:
        """Whether an object of this name and size is there. Its bytes were hashed for its receipt, not now."""
        try:
            return self.object(sha256).stat(follow_symlinks=False).st_size == size
        except FileNotFoundError:
            return False

    def make_part(self, upload_id: UUID) -> Path:
        """The part file of an upload, its name durable; an existing one is kept."""
        path = self.part(upload_id)
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
        except FileExistsError:
            return path
        sync_folder(path.parent)
        return path

    def place(self, upload_id: UUID, digest: Digest, now: datetime) -> bool:
        """Make a part the object of its digest; True when a rotten object was moved aside for it.

        A good object that is there already stays; it was read and hashed to know that it is good. When this
        returns, the object's bytes and name are durable. The part's own name is left for `drop_part`.
        """
        target, part = self.object(digest.sha256), self.part(upload_id)
        with _placing:
            if not target.parent.is_dir():
                target.parent.mkdir(mode=0o700, exist_ok=True)
                sync_folder(self._data.objects)
            rotten = target.exists() and not self._is_good(target, digest)
            if rotten:
                self._set_aside(digest.sha256, now)
            if not target.exists():
                _publish(part, target)
            sync_folder(target.parent)
        return rotten

    def _is_good(self, target: Path, digest: Digest) -> bool:
        try:
            return read_back(target) == digest
        except OSError:
            return False

    def condemn(self, digest: Digest, now: datetime) -> bool:
        """Move an object aside that was found rotten; False when a good one has taken its place meanwhile."""
        with _placing:
            if self._is_good(self.object(digest.sha256), digest):
                return False
            self._set_aside(digest.sha256, now)
        return True

    def _set_aside(self, sha256: str, now: datetime) -> None:
        """Move an object that is not what its name says out of the way, and keep it."""
        source = self.object(sha256)
        aside = self._data.rotten / f"{sha256}.{now:%Y%m%dT%H%M%S%f}"
        try:
            source.rename(aside)
        except FileNotFoundError:
            return
        sync_folder(self._data.rotten)
        sync_folder(source.parent)

    def seal(self, sha256: str) -> None:
        """Make an object read-only, once it is committed: until then its other name must open for a next try."""
        self.object(sha256).chmod(0o440)

    def free_part(self, upload_id: UUID, committed: int) -> None:
        """Give up a part that is an object's other name, where cutting it to `committed` would cut the object.

        A restored database may know less of an upload than the disk.
        """
        try:
            found = self.part(upload_id).stat(follow_symlinks=False)
        except FileNotFoundError:
            return
        if found.st_nlink > 1 and found.st_size > committed:
            self.drop_part(upload_id)

    def drop_part(self, upload_id: UUID) -> None:
        """Forget the part's name once its bytes are an object that was committed."""
        self.part(upload_id).unlink(missing_ok=True)

    def set_part_aside(self, upload_id: UUID) -> None:
        """Keep a refused part under another name; central deletes no bytes by itself."""
        part = self.part(upload_id)
        if part.exists():
            part.rename(part.with_name(f"{part.name}.refused"))
            sync_folder(part.parent)


def _publish(part: Path, target: Path) -> None:
    """Give the part's bytes their name as an object: durable, overwriting nothing."""
    fd = os.open(part, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
    try:
        os.link(part, target)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS):
            raise
        # A file system without hard links. One process serves this DIR and holds `_placing`, and the target
        # was just seen to be absent, so a rename overwrites nothing.
        part.rename(target)
        sync_folder(part.parent)
