"""The few file calls that the spool, the card and the credential are made of, behind one narrow door.

The order of these calls is a promise (see spool_disk.py). The door lets the very code that runs on a station run on
a disk that forgets what was not synced, stopped at each call. Names and meanings are those of `os`.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
from pathlib import Path
from typing import Protocol

SYNC_FILE_RANGE_WRITE = 2
_libc = ctypes.CDLL(None, use_errno=True)

Name = Path | str | bytes


class FileCalls(Protocol):
    """Every method raises OSError as the kernel gives it."""

    def open(self, path: Name, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int: ...
    def close(self, fd: int) -> None: ...
    def dup(self, fd: int) -> int: ...
    def write(self, fd: int, data: memoryview | bytes) -> int: ...
    def pread(self, fd: int, length: int, offset: int) -> bytes: ...
    def preadv(self, fd: int, buffers: list[memoryview], offset: int) -> int: ...
    def allocate(self, fd: int, size: int) -> None:
        """Take the first `size` bytes of the disk now. The file is that long from here on."""

    def ftruncate(self, fd: int, size: int) -> None: ...
    def fchmod(self, fd: int, mode: int) -> None: ...
    def fsync(self, fd: int) -> None: ...
    def syncfs(self, fd: int) -> None: ...
    def start_writing(self, fd: int, offset: int, count: int) -> None:
        """Ask for write-back without waiting. Promises nothing, and looks at no error: that is fsync's."""

    def advise(self, fd: int, offset: int, length: int, advice: int) -> None: ...
    def lock(self, fd: int) -> None:
        """Wait until this handle's file is ours alone; closing it lets go."""

    def fstat(self, fd: int) -> os.stat_result: ...
    def stat(self, path: Name, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result: ...
    def statvfs(self, target: Name | int) -> os.statvfs_result: ...
    def listdir(self, target: Name | int) -> list[str]: ...
    def rename(self, old: Path, new: Path) -> None: ...
    def unlink(self, path: Name, *, dir_fd: int | None = None) -> None: ...
    def mkdir(self, path: Path, mode: int) -> None: ...
    def chmod(self, path: Path, mode: int) -> None: ...


class KernelCalls:
    """The operating system itself. Looked up at each call: a test may watch `os`."""

    def open(self, path: Name, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        return os.open(path, flags, mode, dir_fd=dir_fd)

    def close(self, fd: int) -> None:
        os.close(fd)

    def dup(self, fd: int) -> int:
        return os.dup(fd)

    def write(self, fd: int, data: memoryview | bytes) -> int:
        return os.write(fd, data)

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        return os.pread(fd, length, offset)

    def preadv(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        return os.preadv(fd, buffers, offset)

    def allocate(self, fd: int, size: int) -> None:
        os.posix_fallocate(fd, 0, size)

    def ftruncate(self, fd: int, size: int) -> None:
        os.ftruncate(fd, size)

    def fchmod(self, fd: int, mode: int) -> None:
        os.fchmod(fd, mode)

    def fsync(self, fd: int) -> None:
        os.fsync(fd)

    def syncfs(self, fd: int) -> None:
        if _libc.syncfs(fd) != 0:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))

    def start_writing(self, fd: int, offset: int, count: int) -> None:
        _libc.sync_file_range(fd, ctypes.c_int64(offset), ctypes.c_int64(count), ctypes.c_uint(SYNC_FILE_RANGE_WRITE))

    def advise(self, fd: int, offset: int, length: int, advice: int) -> None:
        os.posix_fadvise(fd, offset, length, advice)

    def lock(self, fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX)

    def fstat(self, fd: int) -> os.stat_result:
        return os.fstat(fd)

    def stat(self, path: Name, *, dir_fd: int | None = None, follow_symlinks: bool = True) -> os.stat_result:
        return os.stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)

    def statvfs(self, target: Name | int) -> os.statvfs_result:
        return os.statvfs(target)

    def listdir(self, target: Name | int) -> list[str]:
        return os.listdir(target)  # type: ignore[return-value]  # noqa: PTH208 - pathlib has no handles

    def rename(self, old: Path, new: Path) -> None:
        os.rename(old, new)  # noqa: PTH104 - one call, as it is counted

    def unlink(self, path: Name, *, dir_fd: int | None = None) -> None:
        os.unlink(path, dir_fd=dir_fd)

    def mkdir(self, path: Path, mode: int) -> None:
        os.mkdir(path, mode)  # noqa: PTH102

    def chmod(self, path: Path, mode: int) -> None:
        os.chmod(path, mode)  # noqa: PTH101


KERNEL = KernelCalls()


def sync_folder(folder: Path, files: FileCalls = KERNEL) -> None:
    """Make the names in a folder durable. Raises OSError; never call it again for the same change."""
    fd = files.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        files.fsync(fd)
    finally:
        files.close(fd)


def make_folder(folder: Path, mode: int, files: FileCalls = KERNEL) -> None:
    """The folder and those above it, each durable in its parent. One that is there stays as it is."""
    missing: list[Path] = []
    for one in (folder, *folder.parents):
        try:
            files.stat(one)
            break
        except FileNotFoundError:
            missing.append(one)
    for one in reversed(missing):
        try:
            files.mkdir(one, mode)
        except FileExistsError:
            continue  # another process of this station was quicker, and syncs it
        sync_folder(one.parent, files)
