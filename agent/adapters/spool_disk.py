"""The spool's folder: one durable copy and one sidecar per asset, under generated names only.

    <asset>.part          a copy being written, which an upload may follow; swept at the next start
    <asset>.json          the sidecar, written before the copy gets its name
    <asset>.footage       the durable copy, read-only

The order of a commit is the promise: length → fsync → close → sidecar (temporary, fsync, rename, fsync of the
folder) → rename of the copy → fsync of the folder. So a copy never stands without its sidecar; a sidecar without
a copy is what a crash leaves in between, means nothing, and is swept.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from agent.adapters.file_calls import KERNEL, FileCalls, make_folder, sync_folder
from agent.adapters.spool_copy import PARTIAL, SIDECAR_PARTIAL, SpooledCopy, spool_error
from agent.errors import SpoolBroken, SpoolFull
from agent.ports import SpoolSpace

COPY = ".footage"
SIDECAR = ".json"
SIDECAR_LIMIT = 1 << 20
"""Bytes. No sidecar of ours is larger; a larger one is cut and will not parse."""


class SpooledFootage:
    """A durable copy, open for reading."""

    def __init__(self, path: Path, files: FileCalls = KERNEL) -> None:
        """Raises FileNotFoundError."""
        self._files = files
        self._fd = files.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        self.size = files.fstat(self._fd).st_size
        files.advise(self._fd, 0, 0, os.POSIX_FADV_SEQUENTIAL)

    def read_at(self, offset: int, length: int) -> bytes:
        """Exactly `length` bytes, fewer only at the end. Raises SpoolBroken."""
        pieces: list[bytes] = []
        try:
            while length > 0 and (piece := self._files.pread(self._fd, length, offset)):
                pieces.append(piece)
                offset, length = offset + len(piece), length - len(piece)
        except OSError as error:
            raise spool_error(error) from error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def close(self) -> None:
        """Idempotent."""
        if self._fd >= 0:
            self._files.close(self._fd)
            self._fd = -1


class SpoolFolder:
    """The spool at `path`, as the card process writes it and as the station reads it."""

    def __init__(self, path: str | Path, min_free: int, files: FileCalls = KERNEL) -> None:
        """`min_free`: bytes of the disk that copies never take. Raises SpoolBroken when there is no such folder."""
        self.path = Path(path).absolute()
        self.min_free = min_free
        self._files = files
        try:
            # Durable in its parent: else a power cut takes the whole spool, however well its copies were synced.
            make_folder(self.path, 0o700, files)
            files.chmod(self.path, 0o700)
        except OSError as error:
            raise spool_error(error) from error

    # --- the card process writes ------------------------------------------------------------------------

    def begin(self, asset_id: UUID, size: int) -> SpooledCopy:
        """Reserve `size` bytes first; a partial copy that an ended process left of this asset is replaced.

        Raises:
            SpoolFull: less than `min_free` would be left. Nothing was written.
            SpoolBroken."""
        self.discard(asset_id)
        with self._one_at_a_time():
            free = self.space().free
            if free < size + self.min_free:
                raise SpoolFull(
                    f"The spool has {free} bytes free; {size} and a reserve of {self.min_free} are needed.",
                    hint="Files wait on their cameras until copies are released.",
                )
            return SpooledCopy(self.path, asset_id, size, self._files)

    def discard(self, asset_id: UUID) -> None:
        """Remove a partial copy whose writer has ended. Durable copies are not touched."""
        for suffix in (PARTIAL, SIDECAR_PARTIAL):
            self._remove(f"{asset_id}{suffix}")

    # --- the station reads --------------------------------------------------------------------------------

    def open(self, asset_id: UUID) -> SpooledFootage:
        """Raises FileNotFoundError, SpoolBroken."""
        return self._opened(asset_id, COPY)

    def open_partial(self, asset_id: UUID) -> SpooledFootage:
        """See Spool."""
        return self._opened(asset_id, PARTIAL)

    def _opened(self, asset_id: UUID, suffix: str) -> SpooledFootage:
        try:
            return SpooledFootage(self.path / f"{asset_id}{suffix}", self._files)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise spool_error(error) from error

    def size(self, asset_id: UUID) -> int | None:
        """Bytes of the durable copy; None when there is none."""
        try:
            return self._files.stat(self.path / f"{asset_id}{COPY}", follow_symlinks=False).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise spool_error(error) from error

    def sidecars(self) -> Iterator[tuple[UUID, bytes]]:
        """Every durable copy with its sidecar."""
        for name in sorted(self._names()):
            asset_id = asset_of(name, COPY)
            if asset_id is None:
                continue
            with contextlib.suppress(FileNotFoundError):
                yield asset_id, self._read_small(f"{asset_id}{SIDECAR}")

    def orphans(self) -> list[str]:
        """Names that are neither a copy nor the sidecar of one. Work in flight is not listed."""
        names = self._names()
        return sorted(name for name in names if not _belongs(name, names))

    def sweep(self) -> int:
        """Remove partial copies, and sidecars that never got their copy. Returns how many assets that were.
        What is left is durable, names and all.

        Only before card work starts: it would take a running copy's name away."""
        names = self._names()
        swept: set[UUID] = set()
        for name in sorted(names):
            asset_id, removable = _leftover(name, names)
            if asset_id is not None and removable:
                self._remove(name)
                swept.add(asset_id)
        self.sync()
        return len(swept)

    def release(self, asset_id: UUID) -> None:
        """Remove the copy, then its sidecar, durably. Idempotent. Raises SpoolBroken."""
        self._remove(f"{asset_id}{COPY}")
        self.sync()  # the sidecar must not be the first to go: a copy would stand without it
        self._remove(f"{asset_id}{SIDECAR}")
        self.sync()

    def space(self) -> SpoolSpace:
        """Bytes of the disk under the spool. Raises SpoolBroken."""
        try:
            disk = self._files.statvfs(self.path)
        except OSError as error:
            raise spool_error(error) from error
        return SpoolSpace(disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize, self.min_free)

    def sync(self) -> None:
        """See Spool."""
        try:
            sync_folder(self.path, self._files)
        except OSError as error:
            raise SpoolBroken(f"The spool's folder could not be made durable ({error.strerror}).") from error

    # --- small print ----------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Two bays that both see room for one more copy must not both take it."""
        try:
            fd = self._files.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise spool_error(error) from error
        try:
            self._files.lock(fd)
            yield
        finally:
            self._files.close(fd)

    def _names(self) -> set[str]:
        try:
            return set(self._files.listdir(self.path))
        except OSError as error:
            raise spool_error(error) from error

    def _remove(self, name: str) -> None:
        try:
            with contextlib.suppress(FileNotFoundError):
                self._files.unlink(self.path / name)
        except OSError as error:
            raise spool_error(error) from error

    def _read_small(self, name: str) -> bytes:
        try:
            with contextlib.closing(SpooledFootage(self.path / name, self._files)) as file:
                return file.read_at(0, SIDECAR_LIMIT)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise spool_error(error) from error


def asset_of(name: str, suffix: str) -> UUID | None:
    """The asset that a generated name stands for; None for any other name."""
    stem = name.removesuffix(suffix)
    try:
        asset_id = UUID(stem)
    except ValueError:
        return None
    return asset_id if name == f"{asset_id}{suffix}" else None


def _leftover(name: str, names: set[str]) -> tuple[UUID | None, bool]:
    """The asset of a partial or a sidecar, and whether nothing durable needs it."""
    for suffix in (SIDECAR_PARTIAL, PARTIAL):
        if (asset_id := asset_of(name, suffix)) is not None:
            return asset_id, True
    asset_id = asset_of(name, SIDECAR)
    return asset_id, asset_id is not None and f"{asset_id}{COPY}" not in names


def _belongs(name: str, names: set[str]) -> bool:
    if any(asset_of(name, suffix) for suffix in (COPY, PARTIAL, SIDECAR_PARTIAL)):
        return True
    asset_id = asset_of(name, SIDECAR)
    return asset_id is not None and not names.isdisjoint({f"{asset_id}{COPY}", f"{asset_id}{PARTIAL}"})
