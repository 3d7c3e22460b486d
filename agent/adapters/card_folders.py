"""Lists a card through folder handles: opens nothing else, follows nothing, never leaves the volume."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field

from agent.adapters.card_errno import GONE
from agent.adapters.file_calls import KERNEL, FileCalls
from agent.errors import CardGone, Refused
from agent.rules.footage import CardFile, Listing, RefusedEntry

MAX_DEPTH = 32
"""Folders below each other. Cameras use two or three; a damaged file system can loop."""
MAX_ENTRIES = 1_000_000
"""Entries of one card: beyond that its file system is damaged, and the listing is not complete."""

LOST_AND_FOUND = b"lost+found"
"""Every ext file system has one, for root alone; only a repair puts anything in it, and nobody repairs cards here."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_KINDS = {stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}


_FURTHEST_NS = 2**63 - 1
"""About the year 2262. A larger time does not fit the ledger, and then no file of that card could be recorded."""


def as_listed(path: bytes, found: os.stat_result) -> CardFile:
    """The one way to look at a file, so that two looks can be compared."""
    return CardFile(path, found.st_size, max(-_FURTHEST_NS, min(found.st_mtime_ns, _FURTHEST_NS)))


def parts_of(path: bytes) -> list[bytes]:
    """The names of a card path.

    Raises:
        Refused: `..`, an absolute path, an empty name: such a path was never listed.
    """
    parts = path.split(b"/")
    if any(part in (b"", b".", b"..") or b"\0" in part for part in parts):
        raise Refused(f"{path!r} is no path on a card.", code="name_refused")
    return parts


def open_folder(root_fd: int, parts: list[bytes], files: FileCalls = KERNEL) -> int:
    """A handle on the folder, reached one name at a time from the root. The caller closes it.

    Raises:
        OSError: as the kernel said; ENOTDIR or ELOOP when a link or another volume stands in the way.
    """
    device = files.fstat(root_fd).st_dev
    fd = files.dup(root_fd)
    for part in parts:
        try:
            below = files.open(part, _FOLDER, dir_fd=fd)
        finally:
            files.close(fd)
        fd = below
        try:
            if files.fstat(fd).st_dev != device:
                raise OSError(errno.ELOOP, "another volume is mounted here", part)
        except OSError:
            files.close(fd)
            raise
    return fd


def refusal(found: os.stat_result, device: int) -> str | None:
    """Why an entry that is no folder is not served; None for a regular file of this volume."""
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        return _KINDS.get(stat.S_IFMT(found.st_mode), "device")
    return None if found.st_dev == device else "other_volume"


@dataclass(frozen=True, slots=True)
class _Folder:
    parts: list[bytes]
    inodes: tuple[int, ...]
    """Of this folder and those above it: meeting one again is a loop."""


@dataclass(slots=True)
class FolderWalk:
    """One pass over a whole card. Without recursion; `tick` is called for every entry."""

    root_fd: int
    tick: Callable[[], None]
    calls: FileCalls = KERNEL
    _files: list[CardFile] = field(default_factory=list)
    _refused: list[RefusedEntry] = field(default_factory=list)
    _io_errors: list[str] = field(default_factory=list)
    _complete: bool = True
    _entries: int = 0

    def run(self) -> Listing:
        """Raises:
        CardGone: the device vanished."""
        root = self.calls.fstat(self.root_fd)
        pending = [_Folder([], (root.st_ino,))]
        while pending and self._entries <= MAX_ENTRIES:
            pending.extend(self._folder(pending.pop(), root.st_dev))
        if self._entries > MAX_ENTRIES:
            self._complete = False
            self._io_errors.append(f"more than {MAX_ENTRIES} entries: the file system is damaged")
        self._files.sort(key=lambda file: file.path)
        return Listing(tuple(self._files), tuple(self._refused), self._complete, tuple(self._io_errors))

    def _folder(self, folder: _Folder, device: int) -> list[_Folder]:
        """Take in one folder; the folders below it are returned."""
        try:
            fd = open_folder(self.root_fd, folder.parts, self.calls)
        except OSError as error:
            self._unreadable(folder.parts, error)
            return []
        try:
            names = [os.fsencode(name) for name in self.calls.listdir(fd)]
            entries = (self._entry(fd, folder, name, device) for name in names)
            return [below for below in entries if below is not None]
        except OSError as error:
            self._unreadable(folder.parts, error)
            return []
        finally:
            self.calls.close(fd)

    def _entry(self, fd: int, folder: _Folder, name: bytes, device: int) -> _Folder | None:
        self.tick()
        self._entries += 1
        parts = [*folder.parts, name]
        path = b"/".join(parts)
        try:
            found = self.calls.stat(name, dir_fd=fd, follow_symlinks=False)
        except FileNotFoundError:
            return None  # deleted since the folder was read
        except OSError as error:
            self._unreadable(parts, error)
            return None
        reason = refusal(found, device)
        if reason is None and stat.S_ISDIR(found.st_mode):
            if len(parts) <= MAX_DEPTH and found.st_ino not in folder.inodes:
                return _Folder(parts, (*folder.inodes, found.st_ino))
            reason = "too_deep"
        if reason is None:
            self._files.append(as_listed(path, found))
        else:
            self._refused.append(RefusedEntry(path, reason))
        return None

    def _unreadable(self, parts: list[bytes], error: OSError) -> None:
        path = b"/".join(parts)
        if error.errno in GONE:
            raise CardGone(f"The camera is no longer there ({path!r}: {error.strerror}).") from error
        if path == LOST_AND_FOUND and error.errno == errno.EACCES:
            self._refused.append(RefusedEntry(path, "lost_and_found"))
            return
        self._complete = False
        self._refused.append(RefusedEntry(path, "unreadable"))
        if error.errno not in (errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            self._io_errors.append(f"{path!r}: {error.strerror}")
