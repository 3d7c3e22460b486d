"""One look at a directory of cameras: which folders are in it, and what tells them apart. Follows no link."""

from __future__ import annotations

import ctypes
import os
import struct
from dataclasses import dataclass, field
from pathlib import Path

from agent.rules.plugs import FolderMark

_AT_FDCWD = -100
_AT_SYMLINK_NOFOLLOW = 0x100
_STATX_BTIME = 0x800
_BTIME_AT = 80
"""Offset of stx_btime in struct statx: s64 seconds, u32 nanoseconds."""

# Python's own `stat` does not tell a birth time on Linux.
_statx = getattr(ctypes.CDLL(None, use_errno=True), "statx", None)
if _statx is not None:
    _statx.argtypes = [ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_uint, ctypes.c_char_p]


@dataclass(frozen=True, slots=True)
class Look:
    """The directory at one moment."""

    base: tuple[int, int]
    """Device and inode of the directory itself."""
    base_modified_ns: int
    marks: dict[bytes, FolderMark] = field(default_factory=dict)
    links: frozenset[bytes] = frozenset()
    """Names that are symbolic links."""
    unreadable: dict[bytes, str] = field(default_factory=dict)
    """Folders about which the kernel gave an error, and which."""


def look_at(base: bytes) -> Look:
    """List the directory. Hidden names and everything that is no folder are left out.

    Raises:
        OSError: the directory itself cannot be read.
    """
    own = os.stat(base)  # noqa: PTH116 - raw bytes
    mounts = mounted_below(base)
    marks: dict[bytes, FolderMark] = {}
    links: set[bytes] = set()
    unreadable: dict[bytes, str] = {}
    with os.scandir(base) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith(b"."):
                continue
            if entry.is_symlink():
                links.add(name)
            elif entry.is_dir(follow_symlinks=False):
                try:
                    marks[name] = _mark(base + b"/" + name, mounts.get(name))
                except FileNotFoundError:
                    continue
                except OSError as error:
                    unreadable[name] = error.strerror or str(error)
    return Look((own.st_dev, own.st_ino), own.st_mtime_ns, marks, frozenset(links), unreadable)


def _mark(path: bytes, mount: tuple[int, int] | None) -> FolderMark:
    if mount is not None:
        # Never `stat` a mount: a hanging card would take every other camera with it.
        return FolderMark(device=mount[0], inode=0, mount=mount[1])
    seen = os.lstat(path)
    return FolderMark(seen.st_dev, seen.st_ino, born_ns(path), seen.st_ctime_ns, seen.st_mtime_ns)


def born_ns(path: bytes) -> int:
    """When it came into being, nanoseconds since 1970; 0 where the file system does not keep it."""
    if _statx is None:
        return 0
    buffer = ctypes.create_string_buffer(256)
    if _statx(_AT_FDCWD, path, _AT_SYMLINK_NOFOLLOW, _STATX_BTIME, buffer) != 0:
        return 0
    (mask,) = struct.unpack_from("=I", buffer, 0)
    seconds, nanoseconds = struct.unpack_from("=qI", buffer, _BTIME_AT)
    return int(seconds) * 1_000_000_000 + int(nanoseconds) if mask & _STATX_BTIME else 0


def mounted_below(folder: bytes) -> dict[bytes, tuple[int, int]]:
    """Names directly below `folder` on which something is mounted → (device, mount id), from the kernel's table."""
    prefix = os.path.realpath(folder).rstrip(b"/") + b"/"
    found: dict[bytes, tuple[int, int]] = {}
    for line in Path("/proc/self/mountinfo").read_bytes().splitlines():
        mount_id, _, device, _, where, *_ = line.split(b" ", 5)
        path = unescaped(where)
        name = path[len(prefix) :]
        if path.startswith(prefix) and b"/" not in name:
            major, _, minor = device.partition(b":")
            # The last line for a place is the mount on top.
            found[name] = (os.makedev(int(major), int(minor)), int(mount_id))
    return found


def unescaped(text: bytes) -> bytes:
    """A path as the mount table writes it, as it really is."""
    for code, letter in ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\")):
        text = text.replace(code, letter)
    return text
