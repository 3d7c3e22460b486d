"""The spool on a dead PC's disk: read, never written to, never locked, nothing removed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from uuid import UUID

import msgspec

from agent.adapters.file_calls import KERNEL, FileCalls
from agent.adapters.spool_copy import PARTIAL
from agent.adapters.spool_disk import COPY, SIDECAR, SIDECAR_LIMIT, SpooledFootage, SpoolFolder, asset_of
from agent.errors import NeedsOperator, SpoolBroken
from agent.rules.adoption import Fate, OldCopy, salvage_id
from protocol.sidecar import Sidecar, decode_sidecar, encode_sidecar

BLOCK = 1 << 20
SECTOR = 4096

Reading = Callable[[], AbstractContextManager[object]]
"""Entered around everything that is opened on the old disk, whose files may belong to another user."""


class OldSpool:
    """Raises NeedsOperator from `copies`: the folder cannot be listed at all."""

    def __init__(self, path: Path, reading: Reading = nullcontext, files: FileCalls = KERNEL) -> None:
        self.path = path
        self._reading = reading
        self._files = files

    def names(self) -> list[str]:
        try:
            with self._reading():
                return sorted(self._files.listdir(self.path))
        except OSError as error:
            raise NeedsOperator(
                f"{self.path} cannot be listed: {error.strerror}.",
                code="old_spool_unreadable",
                hint="Make an image of that disk (ddrescue) and mount the image read-only.",
            ) from error

    def copies(self) -> Iterator[OldCopy]:
        """Every durable copy, whatever its sidecar is worth."""
        for name in self.names():
            if (asset_id := asset_of(name, COPY)) is not None:
                yield self._looked_at(asset_id)

    def never_completed(self) -> int:
        """Copies that were being written when the PC died: their files are still on their cards."""
        return sum(asset_of(name, PARTIAL) is not None for name in self.names())

    def _looked_at(self, asset_id: UUID) -> OldCopy:
        try:
            with self._reading():
                size = self._files.stat(self.path / f"{asset_id}{COPY}", follow_symlinks=False).st_size
        except OSError as error:
            return OldCopy(asset_id, -1, trouble=f"the copy cannot be looked at ({error.strerror})")
        try:
            sidecar = self.sidecar(asset_id)
        except (OSError, SpoolBroken, ValueError) as error:
            return OldCopy(asset_id, size, trouble=f"its sidecar cannot be used ({error})")
        return OldCopy(
            asset_id=asset_id,
            size=size,
            station=sidecar.station,
            camera=sidecar.camera,
            path=sidecar.path,
            expected_size=sidecar.size,
            sha256=sidecar.sha256 or "",
        )

    def sidecar(self, asset_id: UUID) -> Sidecar:
        """Raises OSError, SpoolBroken, ValueError."""
        file = self._open(f"{asset_id}{SIDECAR}")
        try:
            found = decode_sidecar(file.read_at(0, SIDECAR_LIMIT))
        finally:
            file.close()
        if found.asset_id != asset_id:
            raise ValueError(f"it is that of asset {found.asset_id}")
        return found

    def copy_into(self, spool: SpoolFolder, old: OldCopy) -> Fate:
        """Read, hash and write one copy; it gets its name only when every byte is the one that was staged.

        ADOPTED, ROTTEN or UNREADABLE. After anything but ADOPTED nothing of it is in `spool`.

        Raises:
            SpoolFull, SpoolBroken: this PC's spool.
        """
        try:
            source = self._open(f"{old.asset_id}{COPY}")
        except (OSError, SpoolBroken):
            return Fate.UNREADABLE
        try:
            copy, digest, at = spool.begin(old.asset_id, old.size), hashlib.sha256(), 0
            try:
                while at < old.size:
                    try:
                        block = source.read_at(at, min(BLOCK, old.size - at))
                    except SpoolBroken:
                        return Fate.UNREADABLE
                    if not block:
                        break
                    digest.update(block)
                    copy.write(memoryview(block))
                    at += len(block)
                if (at, digest.hexdigest()) != (old.expected_size, old.sha256):
                    return Fate.ROTTEN
                copy.commit(encode_sidecar(self.sidecar(old.asset_id)), at)
            finally:
                copy.abandon()  # does nothing after a commit
        finally:
            source.close()
        return Fate.ADOPTED

    def salvage_into(self, spool: SpoolFolder, old: OldCopy) -> int:
        """Keep what can be read before the first error, as a salvage with an id of its own; how many bytes.

        Raises:
            SpoolFull, SpoolBroken: this PC's spool.
        """
        try:
            source = self._open(f"{old.asset_id}{COPY}")
        except (OSError, SpoolBroken):
            return 0
        try:
            copy, digest, at = spool.begin(salvage_id(old.asset_id), old.size), hashlib.sha256(), 0
            try:
                while block := _readable(source, at, old.size - at):
                    digest.update(block)
                    copy.write(memoryview(block))
                    at += len(block)
                if at:
                    sidecar = msgspec.structs.replace(
                        self.sidecar(old.asset_id),
                        asset_id=salvage_id(old.asset_id),
                        size=at,
                        sha256=digest.hexdigest(),
                        salvage=True,
                    )
                    copy.commit(encode_sidecar(sidecar), at)
            finally:
                copy.abandon()
        finally:
            source.close()
        return at

    def _open(self, name: str) -> SpooledFootage:
        with self._reading():
            return SpooledFootage(self.path / name, self._files)


def _readable(source: SpooledFootage, at: int, left: int) -> bytes:
    """The next bytes; near an error as few as the disk still gives; empty at the error, or at the end."""
    length = min(BLOCK, left)
    while length > 0:
        try:
            return source.read_at(at, length)
        except SpoolBroken:
            length = 0 if length <= SECTOR else max(SECTOR, length // 2)
    return b""


def state_of(folder: Path) -> Path:
    """The state folder that an old spool lies in: `folder` itself, or the one above its `spool`."""
    return folder if (folder / "spool").is_dir() else folder.parent


def spool_of(folder: Path) -> Path:
    return folder / "spool" if (folder / "spool").is_dir() else folder


def is_same(one: Path, other: Path) -> bool:
    """Whether both are one folder, however they are called."""
    try:
        return one.samefile(other)
    except OSError:
        return False
