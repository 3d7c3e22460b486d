"""Cards in memory: every fault a card can have, set by ordinary assignment."""

from __future__ import annotations

import errno
import itertools
from collections.abc import Callable
from dataclasses import dataclass

from agent.errors import CardGone, CardStalled, CardUnreadable, Refused
from agent.rules.footage import CardFile, Listing, RefusedEntry, VolumeId

_devices = itertools.count(1)
RECORDED_NS = 1_795_352_400_000_000_000
"""2026-11-22T13:00:00Z, the modification time of files that were given none."""


@dataclass(slots=True)
class MemoryFile:
    """One regular file. Assign to `content` and `mtime_ns` to let the camera write."""

    content: bytes
    mtime_ns: int = RECORDED_NS
    unreadable_from: int | None = None
    """Reading this offset or beyond is an I/O error."""
    on_read: Callable[[int], None] | None = None
    """Called with the offset before each read: change, grow, truncate, pull or remove from here."""


class MemoryCard:
    """The port `Card`, over a dictionary of path to file."""

    def __init__(self, files: dict[bytes, bytes] | None = None, *, writable: bool = True) -> None:
        self.files: dict[bytes, MemoryFile] = {path: MemoryFile(data) for path, data in (files or {}).items()}
        self.refused: list[RefusedEntry] = []
        """Links, FIFOs and the like."""
        self.volume = VolumeId(device=next(_devices), inode=1)
        """Assign another to let a different volume appear under us."""
        self.writable = writable
        self.gone = False
        """The camera was pulled (ENODEV)."""
        self.hangs = False
        """Calls do not return. Told at once as what the station sees of it in the end: CardStalled."""
        self.unreadable_folders: list[str] = []
        self.syncs_fail = False
        self.syncs = 0
        self._told: CardFile | None = None

    def prove(self, volume: VolumeId) -> None:
        self.answers()
        if (volume.device, volume.inode) != (self.volume.device, self.volume.inode):
            raise CardGone("Another volume is there than the one that was mounted.")

    def list(self) -> Listing:
        self.answers()
        return Listing(
            files=tuple(_listed(path, file) for path, file in sorted(self.files.items())),
            refused=tuple(self.refused),
            complete=not self.unreadable_folders,
            io_errors=tuple(self.unreadable_folders),
        )

    def open(self, path: bytes) -> MemoryReader:
        return MemoryReader(self, path, self._regular(path))

    def unlink(self, path: bytes) -> None:
        """Raises Refused when it is not the file that was last looked at, or the card is read-only."""
        file = self._regular(path)
        if self._told is not None and self._told.path == path and self._told != _listed(path, file):
            raise Refused(f"{path!r} is not the file that was looked at.", code="not_as_listed")
        if not self.writable:
            raise Refused(f"{path!r} may not be removed.", code="not_writable")
        del self.files[path]

    def sync(self) -> None:
        self.answers()
        if self.syncs_fail:
            raise CardUnreadable("The card could not be synced.")
        self.syncs += 1

    def close(self) -> None:
        """Idempotent; there is nothing to give back."""

    def looked_at(self, path: bytes, file: MemoryFile) -> CardFile:
        self._told = _listed(path, file)
        return self._told

    def answers(self) -> None:
        """Raises CardGone, CardStalled."""
        if self.gone:
            raise CardGone("The camera is no longer there.")
        if self.hangs:
            raise CardStalled("The card does not answer.")

    def _regular(self, path: bytes) -> MemoryFile:
        if any(part in (b"", b".", b"..") or b"\0" in part for part in path.split(b"/")):
            raise Refused(f"{path!r} is no path on a card.", code="name_refused")
        self.answers()
        if any(entry.path == path or path.startswith(entry.path + b"/") for entry in self.refused):
            raise Refused(f"{path!r} is no regular file.", code="not_as_listed")
        if path not in self.files and any(other.startswith(path + b"/") for other in self.files):
            raise Refused(f"{path!r} is a folder.", code="not_as_listed")
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "not on the card", path)
        return self.files[path]


class MemoryReader:
    """An open file. As on a real disk it stays readable after it lost its name."""

    def __init__(self, card: MemoryCard, path: bytes, file: MemoryFile) -> None:
        self._card, self._path, self._file = card, path, file
        self._offset = 0

    def stat(self) -> CardFile:
        self._card.answers()
        return self._card.looked_at(self._path, self._file)

    def read_into(self, buffer: memoryview) -> int:
        file = self._file
        if file.on_read is not None:
            file.on_read(self._offset)
        self._card.answers()
        end = min(self._offset + len(buffer), len(file.content))
        if file.unreadable_from is not None and end > file.unreadable_from:
            # A read that touches the bad place fails as a whole and does not move on, as pread does.
            raise CardUnreadable(f"{self._path!r}: input/output error at byte {file.unreadable_from}")
        piece = file.content[self._offset : end]
        buffer[: len(piece)] = piece
        self._offset += len(piece)
        return len(piece)

    def close(self) -> None: ...


def _listed(path: bytes, file: MemoryFile) -> CardFile:
    return CardFile(path, len(file.content), file.mtime_ns)
