"""A mounted card's tree. Reaches files through folder handles; never follows a link, never leaves the volume."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from agent.adapters.block_devices import disk_mark
from agent.adapters.card_errno import NOT_WRITABLE, card_errors, is_device_present
from agent.adapters.card_folders import FolderWalk, as_listed, open_folder, parts_of, refusal
from agent.adapters.file_calls import KERNEL, FileCalls
from agent.adapters.mount_table import mount_of
from agent.errors import CardGone, Refused
from agent.rules.footage import CardFile, Listing, VolumeId

SMALLEST_READ = 64 * 1024
"""Bytes of a file's first read. A whole block would take a crawling card longer than a card may be silent."""
SLOW_READ_S = 0.5
"""A read that took longer makes the next one smaller, so that progress is told while a slow card works; each that was
quicker makes the next one larger."""
DROP_EVERY = 8 * 1024 * 1024
"""Source pages are given back to the kernel in pieces of this many bytes."""

_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _nothing() -> None:
    return None


class CameraFile:
    """An open regular file on a card. A failed read does not move on: the same range can be asked again."""

    def __init__(
        self, fd: int, path: bytes, device: int, told: Callable[[CardFile], None], files: FileCalls = KERNEL
    ) -> None:
        self._files = files
        self._fd = fd
        self._path = path
        self._device = device
        self._told = told
        self._offset = 0
        self._dropped = 0
        self._step = SMALLEST_READ
        files.advise(fd, 0, 0, os.POSIX_FADV_DONTNEED)  # re-read the card, not our own memory of it
        files.advise(fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def stat(self) -> CardFile:
        with card_errors(self._path, self._device):
            found = self._files.fstat(self._fd)
        file = as_listed(self._path, found)
        self._told(file)
        return file

    def read_into(self, buffer: memoryview) -> int:
        started = time.monotonic()
        with card_errors(self._path, self._device):
            got = self._files.preadv(self._fd, [buffer[: self._step]], self._offset)
        slow = time.monotonic() - started > SLOW_READ_S
        self._step = max(SMALLEST_READ, got // 2) if slow else self._step * 2 if self._step < 1 << 30 else self._step
        self._offset += got
        if self._offset - self._dropped >= DROP_EVERY:
            self._files.advise(self._fd, self._dropped, self._offset - self._dropped, os.POSIX_FADV_DONTNEED)
            self._dropped = self._offset
        return got

    def read_at(self, offset: int, length: int) -> bytes:
        """A small range from anywhere; fewer bytes at the end of the file."""
        buffer = memoryview(bytearray(length))
        with card_errors(self._path, self._device):
            got = self._files.preadv(self._fd, [buffer], offset)
        return bytes(buffer[:got])

    def close(self) -> None:
        """Give back the pages and the handle. Idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with contextlib.suppress(OSError):  # of a pulled card: what was read was judged already
                self._files.advise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
                self._files.close(fd)


class CameraCard:
    """A card whose root is `root`. Holds one handle, on the root, until `close()`: close it before unmounting."""

    def __init__(
        self, root: str, tick: Callable[[], None] = _nothing, files: FileCalls = KERNEL, *, name: bytes = b""
    ) -> None:
        """`tick` is called for every entry of a listing. `name`: of a volume; every path begins with it.

        Raises:
            CardGone: there is no such folder."""
        self._files = files
        self._root = root
        self._tick = tick
        self._before = name + b"/" if name else b""
        self._told: CardFile | None = None
        self._room: os.statvfs_result | None = None
        try:
            found = files.stat(root)
            self._fd = files.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise CardGone(f"The camera's folder {root} is not there ({error.strerror}).") from error
        self._volume = VolumeId(found.st_dev, found.st_ino)
        self._device = found.st_dev

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Idempotent."""
        if self._fd >= 0:
            self._files.close(self._fd)
            self._fd = -1

    def prove(self, volume: VolumeId) -> None:
        """Raises CardGone unless the root, by handle and by name, still is this volume and its disk answers."""
        try:
            held, named = self._files.fstat(self._fd), self._files.stat(self._root)
            self._room = self._files.statvfs(self._fd)
        except OSError as error:
            raise CardGone(f"The camera at {self._root} does not answer ({error.strerror}).") from error
        expected = (volume.device, volume.inode)
        if (held.st_dev, held.st_ino) != expected or (named.st_dev, named.st_ino) != expected:
            raise CardGone(f"Another volume is at {self._root} than the one that was mounted.")
        if held.st_nlink == 0 or not is_device_present(held.st_dev):
            raise CardGone(f"The camera at {self._root} was taken away.")
        if volume.mount and mount_of(self._fd) != volume.mount:
            raise CardGone(f"The camera at {self._root} was mounted anew, and not by us.")
        if volume.disk and disk_mark(volume.disk.partition("#")[0]) != volume.disk:
            raise CardGone(f"Another camera took the place of the one at {self._root}.")

    def list(self) -> Listing:
        """Every entry below the root. Raises CardGone when the root vanished meanwhile: FAT then lists nothing."""
        self.prove(self._volume)
        with card_errors(b".", self._device):
            listing = FolderWalk(self._fd, self._tick, self._files).run()
        self.prove(self._volume)
        room = self._room
        if room is None or room.f_blocks == 0:
            return self._named(listing)
        size, free = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
        return self._named(replace(listing, volume_bytes=size, volume_free_bytes=free))

    def open(self, path: bytes) -> CameraFile:
        parts = parts_of(path.removeprefix(self._before))
        with card_errors(path, self._device):
            folder = open_folder(self._fd, parts[:-1], self._files)
            try:
                self._refuse_special(path, self._stat(parts[-1], folder))
                fd = self._open_quietly(parts[-1], folder)
            finally:
                self._files.close(folder)
        try:
            with card_errors(path, self._device):
                self._refuse_special(path, self._files.fstat(fd))  # it may have been swapped since it was looked at
                return CameraFile(fd, path, self._device, self._remember, self._files)
        except BaseException:
            self._files.close(fd)
            raise

    def unlink(self, path: bytes) -> None:
        """Remove this one name, if it still is the regular file that was last looked at.

        Raises:
            Refused: it is something else now (`not_as_listed`), or the card is read-only (`not_writable`).
            FileNotFoundError, CardUnreadable, CardGone."""
        parts = parts_of(path.removeprefix(self._before))
        with card_errors(path, self._device):
            folder = open_folder(self._fd, parts[:-1], self._files)
            try:
                found = self._stat(parts[-1], folder)
                self._refuse_special(path, found)
                self._refuse_changed(as_listed(path, found))
                self._remove(path, parts[-1], folder)
                self._sync_folder(folder)
            finally:
                self._files.close(folder)

    def sync(self) -> None:
        """Write the whole file system's dirty pages out. Raises CardUnreadable or CardGone when that failed."""
        with card_errors(b".", self._device):
            self._files.syncfs(self._fd)
            self._files.statvfs(self._fd)

    def _named(self, listing: Listing) -> Listing:
        if not self._before:
            return listing
        return replace(
            listing,
            files=tuple(replace(file, path=self._before + file.path) for file in listing.files),
            refused=tuple(replace(entry, path=self._before + entry.path) for entry in listing.refused),
        )

    def _remember(self, file: CardFile) -> None:
        self._told = file

    def _refuse_special(self, path: bytes, found: os.stat_result) -> None:
        reason = refusal(found, self._device) or ("folder" if stat.S_ISDIR(found.st_mode) else None)
        if reason:
            raise Refused(f"{path!r} is no regular file of this card ({reason}).", code="not_as_listed")

    def _refuse_changed(self, now: CardFile) -> None:
        if self._told is not None and self._told.path == now.path and self._told != now:
            raise Refused(f"{now.path!r} is not the file that was looked at.", code="not_as_listed")

    def _stat(self, name: bytes, folder: int) -> os.stat_result:
        return self._files.stat(name, dir_fd=folder, follow_symlinks=False)

    def _open_quietly(self, name: bytes, folder: int) -> int:
        """Open without touching the access time where the owner allows it. O_NONBLOCK: a FIFO never makes us wait."""
        try:
            return self._files.open(name, _FILE | os.O_NOATIME, dir_fd=folder)
        except PermissionError:
            return self._files.open(name, _FILE, dir_fd=folder)

    def _remove(self, path: bytes, name: bytes, folder: int) -> None:
        try:
            self._files.unlink(name, dir_fd=folder)
        except OSError as error:
            if error.errno in NOT_WRITABLE or isinstance(error, PermissionError):
                raise Refused(f"{path!r} may not be removed ({error.strerror}).", code="not_writable") from error
            raise

    def _sync_folder(self, folder: int) -> None:
        """Some drivers cannot sync a folder; `sync()` covers those."""
        try:
            self._files.fsync(folder)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):
                raise
