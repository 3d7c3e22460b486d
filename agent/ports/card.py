"""Inside the child: the card's tree, and a copy being written to the spool."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from agent.rules.footage import (
    CardFile,
    Listing,
    VolumeId,
)


class CardReader(Protocol):
    """An open regular file on a card, opened without following anything."""

    def stat(self) -> CardFile: ...
    def read_into(self, buffer: memoryview) -> int:
        """Raises CardUnreadable on EIO, CardGone when the device vanished. 0 only at the end of the file."""

    def close(self) -> None: ...


class Card(Protocol):
    """A mounted card's tree. Reaches files through directory handles; never follows a link, never leaves the
    volume."""

    def prove(self, volume: VolumeId) -> None:
        """Raises CardGone unless the root still is this volume."""

    def list(self) -> Listing: ...
    def open(self, path: bytes) -> CardReader:
        """Raises FileNotFoundError, CardUnreadable, CardGone, or Refused when it is no regular file."""

    def unlink(self, path: bytes) -> None: ...
    def sync(self) -> None: ...


class SpoolCopy(Protocol):
    """A copy being written. Exactly one of `commit`, `commit_as` and `abandon` ends it."""

    def write(self, data: memoryview) -> None:
        """Raises SpoolFull, SpoolBroken."""

    def commit(self, sidecar: bytes, expected_size: int) -> None:
        """Length check → fsync → rename → fsync the folder → sidecar, itself durable. On return a power cut
        loses nothing. Raises SpoolBroken; a failed fsync is never repeated, the copy is dropped."""

    def commit_as(self, asset_id: UUID, sidecar: bytes, expected_size: int) -> None:
        """The same under another asset's name: only at its end a copy turns out to be a salvage, and a failing
        card is not read twice to find out."""

    def abandon(self) -> None: ...


class SpoolDisk(Protocol):
    """The spool's folder, reached through generated names only."""

    def begin(self, asset_id: UUID, size: int) -> SpoolCopy:
        """Reserve `size` bytes first. Raises SpoolFull when less than `min_free` would be left."""
