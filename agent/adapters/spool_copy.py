"""One copy on its way into the spool: reserved, written, and made durable in restic's order."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path
from uuid import UUID

from agent.adapters.file_calls import KERNEL, FileCalls, sync_folder
from agent.errors import SpoolBroken, SpoolFull

PARTIAL = ".part"
SIDECAR_PARTIAL = ".json.part"
WRITE_BACK_EVERY = 32 * 1024 * 1024
"""Bytes after which the kernel is asked to start writing, so that the fsync at the end is short."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def spool_error(error: OSError) -> SpoolFull | SpoolBroken:
    """The agent's name for an OSError met in the spool."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return SpoolFull(
            f"The spool's disk is full ({error.strerror}).", hint="Files wait on their cameras; nothing is dropped."
        )
    return SpoolBroken(
        f"The spool's disk failed ({error.strerror}).", hint="Check the disk; the footage is still on the camera."
    )


class SpooledCopy:
    """A copy being written. Exactly one of `commit` and `abandon` ends it; a failed write or commit drops it."""

    def __init__(self, folder: Path, asset_id: UUID, size: int, files: FileCalls = KERNEL) -> None:
        """Takes `size` bytes of the disk at once. Raises SpoolFull, SpoolBroken; then nothing is left over."""
        self._files = files
        self._folder = folder
        self._asset_id = asset_id
        self._written = 0
        self._pushed = 0
        self._fd = -1
        try:
            self._fd = files.open(self._name(PARTIAL), _NEW, 0o600)
            if size:
                files.allocate(self._fd, size)
        except OSError as error:
            self._drop()
            raise spool_error(error) from error

    def write(self, data: memoryview) -> None:
        """Raises SpoolFull, SpoolBroken."""
        try:
            while data:
                done = self._files.write(self._fd, data)
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
            self._files.rename(self._name(PARTIAL), self._name(".footage"))
            try:
                sync_folder(self._folder, self._files)
            except OSError:
                self._unlink(".footage")
                raise
        except OSError as error:
            self._drop()
            if not self._is_there(".footage"):  # an earlier copy of this asset keeps a sidecar
                self._unlink(".json")
            raise spool_error(error) from error
        except SpoolBroken:
            self._drop()
            raise

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        """The same under another asset's name: what was begun as a whole file turned out to be a salvage."""
        begun, self._asset_id = self._name(PARTIAL), asset_id
        try:
            self._files.rename(begun, self._name(PARTIAL))
        except OSError as error:
            self._drop()
            with contextlib.suppress(OSError):
                self._files.unlink(begun)
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
        self._files.ftruncate(self._fd, expected_size)  # a salvage is shorter than what was reserved
        if self._files.fstat(self._fd).st_size != expected_size:
            raise SpoolBroken("The copy has another length than what was written; it was dropped.")
        self._files.fchmod(self._fd, 0o400)
        self._files.fsync(self._fd)
        fd, self._fd = self._fd, -1
        self._files.close(fd)

    def _write_sidecar(self, sidecar: bytes) -> None:
        files = self._files
        fd = files.open(self._name(SIDECAR_PARTIAL), _NEW, 0o600)
        try:
            while sidecar:
                sidecar = sidecar[files.write(fd, sidecar) :]
            files.fsync(fd)
        finally:
            files.close(fd)
        files.rename(self._name(SIDECAR_PARTIAL), self._name(".json"))
        sync_folder(self._folder, self._files)

    def _push(self) -> None:
        """Start writing back, without waiting and without looking at errors: those are fsync's to tell, once."""
        self._files.start_writing(self._fd, self._pushed, self._written - self._pushed)
        self._pushed = self._written

    def _drop(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            with contextlib.suppress(OSError):
                self._files.close(fd)
        self._unlink(PARTIAL)
        self._unlink(SIDECAR_PARTIAL)

    def _unlink(self, suffix: str) -> None:
        with contextlib.suppress(OSError):
            self._files.unlink(self._name(suffix))

    def _is_there(self, suffix: str) -> bool:
        try:
            self._files.stat(self._name(suffix), follow_symlinks=False)
        except FileNotFoundError:
            return False
        except OSError:
            return True  # nobody can say: then nothing that may belong to it goes
        return True

    def _name(self, suffix: str) -> Path:
        return self._folder / f"{self._asset_id}{suffix}"
