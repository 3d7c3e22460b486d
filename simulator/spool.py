"""The spool in memory, on a disk that forgets what was not synced."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from uuid import UUID

from agent.errors import SpoolBroken, SpoolFull
from agent.ports import SpoolSpace
from simulator.disk import Inode, MemoryDisk

COPY, PARTIAL, SIDECAR, SIDECAR_PARTIAL = ".footage", ".part", ".json", ".json.part"


class MemorySpool:
    """The ports `SpoolDisk` and `Spool`. `disk` carries the faults."""

    def __init__(self, *, total: int = 1 << 40, min_free: int = 0) -> None:
        self.disk = MemoryDisk(total)
        self.min_free = min_free

    def crash(self, rng: random.Random) -> None:
        """Cut the power. Copies being written are lost with the process that wrote them."""
        self.disk.crash(rng)

    # --- the card process writes ------------------------------------------------------------------------

    def begin(self, asset_id: UUID, size: int) -> MemoryCopy:
        self.discard(asset_id)
        if self.disk.free < size + self.min_free:
            raise SpoolFull(f"The spool has {self.disk.free} bytes free; {size} and {self.min_free} are needed.")
        with _spool_errors():
            return MemoryCopy(self.disk, asset_id, size)

    def discard(self, asset_id: UUID) -> None:
        for suffix in (PARTIAL, SIDECAR_PARTIAL):
            self.disk.unlink(f"{asset_id}{suffix}")

    # --- the station reads --------------------------------------------------------------------------------

    def open(self, asset_id: UUID) -> MemorySpooled:
        return self._opened(asset_id, COPY)

    def open_partial(self, asset_id: UUID) -> MemorySpooled:
        return self._opened(asset_id, PARTIAL)

    def _opened(self, asset_id: UUID, suffix: str) -> MemorySpooled:
        inode = self.disk.names.get(f"{asset_id}{suffix}")
        if inode is None:
            raise FileNotFoundError(2, "not in the spool", str(asset_id))
        return MemorySpooled(inode)

    def size(self, asset_id: UUID) -> int | None:
        inode = self.disk.names.get(f"{asset_id}{COPY}")
        return None if inode is None else len(inode.content)

    def sidecars(self) -> Iterator[tuple[UUID, bytes]]:
        for name in sorted(self.disk.names):
            asset_id = _asset_of(name, COPY)
            if asset_id is not None and (sidecar := self.disk.names.get(f"{asset_id}{SIDECAR}")):
                yield asset_id, bytes(sidecar.content)

    def orphans(self) -> list[str]:
        return sorted(name for name in self.disk.names if not self._belongs(name))

    def sweep(self) -> int:
        swept: set[UUID] = set()
        for name in list(self.disk.names):
            asset_id = _asset_of(name, SIDECAR_PARTIAL) or _asset_of(name, PARTIAL)
            sidecar_of = _asset_of(name, SIDECAR)
            if asset_id is None and sidecar_of is not None and f"{sidecar_of}{COPY}" not in self.disk.names:
                asset_id = sidecar_of
            if asset_id is not None:
                self.disk.unlink(name)
                swept.add(asset_id)
        self.sync()
        return len(swept)

    def sync(self) -> None:
        with _spool_errors():
            self.disk.sync_names()

    def release(self, asset_id: UUID) -> None:
        for suffix in (COPY, SIDECAR):
            self.disk.unlink(f"{asset_id}{suffix}")
            self.sync()

    def space(self) -> SpoolSpace:
        return SpoolSpace(self.disk.free, self.disk.total, self.min_free)

    def _belongs(self, name: str) -> bool:
        if any(_asset_of(name, suffix) for suffix in (COPY, PARTIAL, SIDECAR_PARTIAL)):
            return True
        asset_id = _asset_of(name, SIDECAR)
        return asset_id is not None and any(f"{asset_id}{suffix}" in self.disk.names for suffix in (COPY, PARTIAL))


class MemoryCopy:
    """A copy being written: length → sync → sidecar, synced with its name → rename → sync of the names."""

    def __init__(self, disk: MemoryDisk, asset_id: UUID, size: int) -> None:
        self._disk, self._asset_id = disk, asset_id
        self._inode = disk.create(f"{asset_id}{PARTIAL}", reserve=size)

    def write(self, data: memoryview) -> None:
        with _spool_errors():
            self._disk.write(self._inode, bytes(data))

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        name = str(self._asset_id)
        try:
            with _spool_errors():
                self._commit(name, sidecar, expected_size)
        except (SpoolBroken, SpoolFull):
            for suffix in (PARTIAL, SIDECAR_PARTIAL, COPY, SIDECAR):
                self._disk.unlink(f"{name}{suffix}")
            raise

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        """The same under another asset's name: what was begun as a whole file turned out to be a salvage."""
        self._disk.rename(f"{self._asset_id}{PARTIAL}", f"{asset_id}{PARTIAL}")
        self._asset_id = asset_id
        self.commit(sidecar, expected_size)

    def _commit(self, name: str, sidecar: bytes, expected_size: int) -> None:
        if len(self._inode.content) != expected_size:
            raise SpoolBroken(f"{len(self._inode.content)} bytes were written where {expected_size} were read.")
        self._disk.sync(self._inode)
        beside = self._disk.create(f"{name}{SIDECAR_PARTIAL}")
        self._disk.write(beside, sidecar)
        self._disk.sync(beside)
        self._disk.rename(f"{name}{SIDECAR_PARTIAL}", f"{name}{SIDECAR}")
        self._disk.sync_names()
        self._disk.rename(f"{name}{PARTIAL}", f"{name}{COPY}")
        self._disk.sync_names()

    def abandon(self) -> None:
        for suffix in (PARTIAL, SIDECAR_PARTIAL):
            self._disk.unlink(f"{self._asset_id}{suffix}")


class MemorySpooled:
    """A durable copy, open for reading."""

    def __init__(self, inode: Inode) -> None:
        self._inode = inode
        self.size = len(inode.content)

    def read_at(self, offset: int, length: int) -> bytes:
        return bytes(self._inode.content[offset : offset + length])

    def close(self) -> None: ...


@contextlib.contextmanager
def _spool_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == 28:
            raise SpoolFull(f"The spool's disk is full ({error.strerror}).") from error
        raise SpoolBroken(f"The spool's disk failed ({error.strerror}).") from error


def _asset_of(name: str, suffix: str) -> UUID | None:
    try:
        asset_id = UUID(name.removesuffix(suffix))
    except ValueError:
        return None
    return asset_id if name == f"{asset_id}{suffix}" else None
