"""One copy on its way into the spool: reserved, written, and made durable in restic's order."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
from pathlib import Path
from uuid import UUID

from agent.errors import SpoolBroken, SpoolFull

PARTIAL = ".part"
SIDECAR_PARTIAL = ".json.part"
WRITE_BACK_EVERY = 32 * 1024 * 1024
"""Bytes after which the kernel is asked to start writing, so that the fsync at the end is short."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_SYNC_FILE_RANGE_WRITE = 2
_libc = ctypes.CDLL(None)


def spool_error(error: OSError) -> SpoolFull | SpoolBroken:
    """The agent's name for an OSError met in the spool."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SpoolFull(
            f"The spool's disk is full ({error.strerror}).", hint="Files wait on their cameras; nothing is dropped."
        )
    return SpoolBroken(
        f"The spool's disk failed ({error.strerror}).", hint="Check the disk; the footage is still on the camera."
    )


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable. Raises OSError; never call it again for the same change."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class SpooledCopy:
    """A copy being written. Exactly one of `commit` and `abandon` ends it; a failed write or commit drops it."""

    def __init__(self, folder: Path, asset_id: UUID, size: int) -> None:
        """Takes `size` bytes of the disk at once. Raises SpoolFull, SpoolBroken; then nothing is left over."""
        self._folder = folder
        self._asset_id = asset_id
        self._written = 0
        self._pushed = 0
        self._fd = -1
        try:
            self._fd = os.open(self._name(PARTIAL), _NEW, 0o600)
            if size:
                os.posix_fallocate(self._fd, 0, size)
        except OSError as error:
            self._drop()
            raise spool_error(error) from error

    def write(self, data: memoryview) -> None:
        """Raises SpoolFull, SpoolBroken."""
        try:
            while data:
                done = os.write(self._fd, data)
                self._written += done
                data = data[done:]
        except OSError as error:
            raise spool_error(error) from error
        if self._written - self._pushed >= WRITE_BACK_EVERY:
            self._push()

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        """Length → fsync → close → sidecar → rename → fsync of the folder. Raises SpoolBroken, SpoolFull.

        Nothing is tried twice: after a failed fsync the kernel may call lost pages clean."""
        try:
            self._make_durable(expected_size)
            self._write_sidecar(sidecar)
            self._name(PARTIAL).rename(self._name(".footage"))
            try:
                sync_folder(self._folder)
            except OSError:
                self._unlink(".footage")
                raise
        except OSError as error:
            self._drop()
            if not self._name(".footage").exists():  # an earlier copy of this asset keeps a sidecar
                self._unlink(".json")
            raise spool_error(error) from error
        except SpoolBroken:
            self._drop()
            raise

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        """The same under another asset's name: what was begun as a whole file turned out to be a salvage."""
        begun, self._asset_id = self._name(PARTIAL), asset_id
        try:
            begun.rename(self._name(PARTIAL))
        except OSError as error:
            self._drop()
            begun.unlink(missing_ok=True)
            raise spool_error(error) from error
        self.commit(sidecar, expected_size)

    def abandon(self) -> None:
        """Remove what was written. Idempotent."""
        self._drop()

    def _make_durable(self, expected_size: int) -> None:
        if self._written != expected_size:
            raise SpoolBroken(
                f"{self._written} bytes were written where {expected_size} were read; the copy was dropped."
            )
        os.ftruncate(self._fd, expected_size)  # a salvage is shorter than what was reserved
        if os.fstat(self._fd).st_size != expected_size:
            raise SpoolBroken("The copy has another length than what was written; it was dropped.")
        os.fchmod(self._fd, 0o400)
        os.fsync(self._fd)
        fd, self._fd = self._fd, -1
        os.close(fd)

    def _write_sidecar(self, sidecar: bytes) -> None:
        fd = os.open(self._name(SIDECAR_PARTIAL), _NEW, 0o600)
        try:
            while sidecar:
                sidecar = sidecar[os.write(fd, sidecar) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        self._name(SIDECAR_PARTIAL).rename(self._name(".json"))
        sync_folder(self._folder)

    def _push(self) -> None:
        """Start writing back, without waiting and without looking at errors: those are fsync's to tell, once."""
        count = self._written - self._pushed
        _libc.sync_file_range(
            self._fd, ctypes.c_int64(self._pushed), ctypes.c_int64(count), ctypes.c_uint(_SYNC_FILE_RANGE_WRITE)
        )
        self._pushed = self._written

    def _drop(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with contextlib.suppress(OSError):
                os.close(fd)
        self._unlink(PARTIAL)
        self._unlink(SIDECAR_PARTIAL)

    def _unlink(self, suffix: str) -> None:
        with contextlib.suppress(OSError):
            self._name(suffix).unlink(missing_ok=True)

    def _name(self, suffix: str) -> Path:
        return self._folder / f"{self._asset_id}{suffix}"
