"""A file system in memory that keeps what was synced apart from what was not: names and bytes, each for itself.

It answers the agent's own file calls (`agent.adapters.file_calls`), so the code that runs on a station runs on it.
What a power cut leaves is asked with `after`: the volume itself goes on, for a cut elsewhere.

The model is harsher than any journal: every name that was not synced may be kept or lost for itself, whatever came
before it; every sector that was not synced too; a new length may be there without its bytes. A synced file whose name
was not synced is gone.
"""

from __future__ import annotations

import errno
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from agent.adapters.file_calls import Name
from simulator.disk import SECTOR

BLOCK = 4096


@dataclass(frozen=True, slots=True)
class Loss:
    """What a power cut takes of all that was not synced. Chances between 0 and 1 of being kept."""

    name: str
    names: float
    sectors: float
    lengths: float
    seed: int = 0


ALL_LOST = Loss("all lost", 0, 0, 0)
ALL_KEPT = Loss("all kept", 1, 1, 1)
LOSSES = (
    ALL_LOST,
    ALL_KEPT,
    Loss("names kept, bytes lost", 1, 0, 0),
    Loss("names and lengths kept, bytes lost", 1, 0, 1),
    Loss("bytes kept, names lost", 0, 1, 1),
    Loss("names kept, bytes torn", 1, 0.5, 1, seed=1),
    *(Loss(f"mixed {seed}", 0.5, 0.5, 0.5, seed) for seed in (2, 3, 4, 5)),
)


@dataclass(slots=True, eq=False)
class File:
    number: int
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    mode: int = 0o600
    mtime_ns: int = 0
    names: int = 1

    def after(self, loss: Loss, dice: random.Random) -> File:
        """Each sector that was not synced is there, or is not."""
        if self.content == self.durable:
            return replace(self, content=bytearray(self.durable))
        length = len(self.content) if dice.random() < loss.lengths else len(self.durable)
        kept = bytearray(self.durable[:length].ljust(length, b"\0"))
        for start in range(0, length, SECTOR):
            end = min(start + SECTOR, length)
            if dice.random() < loss.sectors:
                now = self.content[start:end]
                kept[start : start + len(now)] = now
        return replace(self, content=kept, durable=bytes(kept))


@dataclass(slots=True, eq=False)
class Folder:
    number: int
    entries: dict[str, File | Folder] = field(default_factory=dict)
    durable: dict[str, File | Folder] = field(default_factory=dict)
    unsynced: list[tuple[str | None, str | None, File | Folder | None]] = field(default_factory=list)
    """Changes that no sync has made durable: (name that goes, name that comes, what it is)."""
    mode: int = 0o755
    names: int = 2
    mtime_ns: int = 0

    def change(self, goes: str | None, comes: str | None, what: File | Folder | None) -> None:
        if goes is not None:
            del self.entries[goes]
        if comes is not None and what is not None:
            self.entries[comes] = what
        self.unsynced.append((goes, comes, what))

    def sync(self) -> None:
        self.durable = dict(self.entries)
        self.unsynced.clear()

    def after(self, loss: Loss, dice: random.Random) -> Folder:
        """Each change is whole or not at all; one whose own beginning was lost did not happen."""
        entries = dict(self.durable)
        for goes, comes, what in self.unsynced:
            if dice.random() < loss.names and (goes is None or goes in entries):
                if goes is not None:
                    del entries[goes]
                if comes is not None and what is not None:
                    entries[comes] = what
        left = {name: what.after(loss, dice) for name, what in entries.items()}
        return replace(self, entries=left, durable=dict(left), unsynced=[])


@dataclass(slots=True)
class _Handle:
    what: File | Folder
    at: int = 0


class Volume:
    """Implements `FileCalls`. `root` is where it is mounted; nothing else exists for its callers."""

    def __init__(self, root: str, device: int, total: int = 1 << 40) -> None:
        self.root = Path(root)
        self.device = device
        self.total = total
        self.writable = True
        self.version = 0
        """Moves with every change, durable or not."""
        self.now_ns = 1_795_352_400_000_000_000
        self._numbers = 1
        self._top = Folder(1)
        self._handles: dict[int, _Handle] = {}
        self._next_fd = 1000

    # --- a test's part ------------------------------------------------------------------------------------

    def put(self, path: str, content: bytes) -> None:
        """A file that has long been there, durable."""
        *folders, name = path.split("/")
        here = self._top
        for part in folders:
            below = here.entries.get(part) or Folder(self._number())
            if not isinstance(below, Folder):
                raise ValueError(f"{path} leads through a file")
            here.entries[part] = here.durable[part] = below
            here = below
        here.entries[name] = here.durable[name] = File(
            self._number(), bytearray(content), content, mtime_ns=self.now_ns
        )
        self.version += 1

    def files(self) -> dict[str, bytes]:
        """Every file by its path below the root, as a running system sees it."""
        return {path: bytes(file.content) for path, file in _walk(self._top, "")}

    def is_settled(self) -> bool:
        """Whether a power cut now takes nothing."""
        return _is_settled(self._top)

    def after(self, loss: Loss) -> Volume:
        """What a machine finds that starts after a power cut now."""
        left = Volume(str(self.root), self.device, self.total)
        left._top = self._top.after(loss, random.Random(loss.seed))
        left._numbers, left.now_ns = self._numbers, self.now_ns
        return left

    # --- FileCalls ----------------------------------------------------------------------------------------

    def open(self, path: Name, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        folder, name = self._place(path, dir_fd)
        there = folder if name is None else folder.entries.get(name)
        if there is None and not flags & os.O_CREAT:
            raise _error(errno.ENOENT, path)
        if there is not None and flags & os.O_EXCL:
            raise _error(errno.EEXIST, path)
        if flags & os.O_DIRECTORY and not isinstance(there, Folder):
            raise _error(errno.ENOTDIR, path)
        if there is None:
            there = File(self._number(), mode=mode, mtime_ns=self.now_ns)
            self._changed()
            folder.change(None, name, there)
        elif flags & os.O_TRUNC and isinstance(there, File):
            self._changed()
            del there.content[:]
        self._next_fd += 1
        self._handles[self._next_fd] = _Handle(there)
        return self._next_fd

    def close(self, fd: int) -> None:
        del self._handles[fd]

    def dup(self, fd: int) -> int:
        self._next_fd += 1
        self._handles[self._next_fd] = _Handle(self._handles[fd].what)
        return self._next_fd

    def write(self, fd: int, data: memoryview | bytes) -> int:
        handle, file = self._handles[fd], self._file(fd)
        grows = handle.at + len(data) - len(file.content)
        if grows > self._free():
            raise _error(errno.ENOSPC, "")
        self._changed()
        file.content[handle.at : handle.at + len(data)] = data
        handle.at += len(data)
        file.mtime_ns = self.now_ns
        return len(data)

    def pread(self, fd: int, length: int, offset: int) -> bytes:
        return bytes(self._file(fd).content[offset : offset + length])

    def preadv(self, fd: int, buffers: list[memoryview], offset: int) -> int:
        piece = self._file(fd).content[offset : offset + len(buffers[0])]
        buffers[0][: len(piece)] = piece
        return len(piece)

    def allocate(self, fd: int, size: int) -> None:
        file = self._file(fd)
        if size - len(file.content) > self._free():
            raise _error(errno.ENOSPC, "")
        self._changed()
        file.content.extend(bytes(max(0, size - len(file.content))))

    def ftruncate(self, fd: int, size: int) -> None:
        file = self._file(fd)
        if size != len(file.content):
            self._changed()
            file.content[:] = file.content[:size].ljust(size, b"\0")

    def fchmod(self, fd: int, mode: int) -> None:
        self._file(fd).mode = mode

    def fsync(self, fd: int) -> None:
        self._changed()
        what = self._handles[fd].what
        if isinstance(what, File):
            what.durable = bytes(what.content)
        else:
            what.sync()

    def syncfs(self, fd: int) -> None:  # noqa: ARG002 - as the kernel has it
        self._changed()
        _sync(self._top)

    def start_writing(self, fd: int, offset: int, count: int) -> None:
        """Promises nothing, so nothing becomes durable."""

    def advise(self, fd: int, offset: int, length: int, advice: int) -> None: ...

    def lock(self, fd: int) -> None: ...

    def fstat(self, fd: int) -> os.stat_result:
        return self._stat(self._handles[fd].what)

    def stat(
        self,
        path: Name,
        *,
        dir_fd: int | None = None,
        follow_symlinks: bool = True,  # noqa: ARG002 - there are no links here
    ) -> os.stat_result:
        folder, name = self._place(path, dir_fd)
        what = folder if name is None else folder.entries.get(name)
        if what is None:
            raise _error(errno.ENOENT, path)
        return self._stat(what)

    def statvfs(self, target: Name | int) -> os.statvfs_result:  # noqa: ARG002 - as the kernel has it
        free = self._free() // BLOCK
        return os.statvfs_result((BLOCK, BLOCK, self.total // BLOCK, free, free, 0, 0, 0, 0, 255))

    def listdir(self, target: Name | int) -> list[str]:
        folder = self._handles[target].what if isinstance(target, int) else self._folder(target)
        if not isinstance(folder, Folder):
            raise _error(errno.ENOTDIR, "")
        return list(folder.entries)

    def rename(self, old: Path, new: Path) -> None:
        folder, name = self._place(old, None)
        to, new_name = self._place(new, None)
        if folder is not to or name is None or new_name is None:
            raise _error(errno.EXDEV, old)
        what = folder.entries.get(name)
        if what is None:
            raise _error(errno.ENOENT, old)
        self._changed()
        folder.change(name, new_name, what)

    def unlink(self, path: Name, *, dir_fd: int | None = None) -> None:
        folder, name = self._place(path, dir_fd)
        what = None if name is None else folder.entries.get(name)
        if not isinstance(what, File):
            raise _error(errno.ENOENT, path)
        if not self.writable:
            raise _error(errno.EROFS, path)
        self._changed()
        folder.change(name, None, None)
        what.names = 0

    def mkdir(self, path: Path, mode: int) -> None:
        folder, name = self._place(path, None)
        if name is None or name in folder.entries:
            raise _error(errno.EEXIST, path)
        self._changed()
        folder.change(None, name, Folder(self._number(), mode=mode))

    def chmod(self, path: Path, mode: int) -> None:
        self._folder(path).mode = mode

    # --- inside ---------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.version += 1

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _free(self) -> int:
        return self.total - sum(len(file.content) for _, file in _walk(self._top, ""))

    def _file(self, fd: int) -> File:
        what = self._handles[fd].what
        if not isinstance(what, File):
            raise _error(errno.EISDIR, "")
        return what

    def _folder(self, path: Name) -> Folder:
        folder, name = self._place(path, None)
        what = folder if name is None else folder.entries.get(name)
        if not isinstance(what, Folder):
            raise _error(errno.ENOTDIR if what else errno.ENOENT, path)
        return what

    def _place(self, path: Name, dir_fd: int | None) -> tuple[Folder, str | None]:
        """The folder that holds a name, and the name; None for the root itself."""
        text = os.fsdecode(path)
        if dir_fd is not None:
            folder = self._handles[dir_fd].what
            if not isinstance(folder, Folder):
                raise _error(errno.ENOTDIR, path)
            return folder, text
        try:
            parts = Path(text).relative_to(self.root).parts
        except ValueError:
            raise _error(errno.ENOENT, path) from None
        here = self._top
        for part in parts[:-1]:
            below = here.entries.get(part)
            if not isinstance(below, Folder):
                raise _error(errno.ENOENT, path)
            here = below
        return here, parts[-1] if parts else None

    def _stat(self, what: File | Folder) -> os.stat_result:
        kind, size = (stat.S_IFREG, len(what.content)) if isinstance(what, File) else (stat.S_IFDIR, BLOCK)
        seconds = what.mtime_ns // 10**9
        fields = (kind | what.mode, what.number, self.device, what.names, 0, 0, size, seconds, seconds, seconds)
        return os.stat_result(fields, {"st_mtime_ns": what.mtime_ns})


def _error(code: int, path: Name) -> OSError:
    return OSError(code, os.strerror(code), path)


def _walk(folder: Folder, above: str) -> Iterator[tuple[str, File]]:
    for name, what in folder.entries.items():
        if isinstance(what, File):
            yield above + name, what
        else:
            yield from _walk(what, f"{above}{name}/")


def _is_settled(folder: Folder) -> bool:
    return not folder.unsynced and all(
        what.content == what.durable if isinstance(what, File) else _is_settled(what)
        for what in folder.entries.values()
    )


def _sync(folder: Folder) -> None:
    folder.sync()
    for what in folder.entries.values():
        if isinstance(what, File):
            what.durable = bytes(what.content)
        else:
            _sync(what)
