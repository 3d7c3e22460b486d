"""Work on one docked camera's card, done in a child process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agent.rules.footage import (
    CardFile,
    EraseOutcome,
    Listing,
    MountedCard,
    StageOutcome,
)
from agent.rules.recording_time import ANY_TIME, TimeRule


@dataclass(frozen=True, slots=True)
class StageOrder:
    """Copy one file of the card into the spool."""

    asset_id: UUID
    file: CardFile
    sidecar: bytes
    """JSON that is stored beside the copy, so that a lost ledger can be rebuilt; the child adds `sha256`,
    `size`, `recorded_at`, `recorded_until`, `recorded_source`, `staged_at`, `salvage`."""
    time: TimeRule = ANY_TIME
    """How the camera tells when it recorded."""
    not_after: datetime | None = None
    """A recording that claims to be later has an impossible time; None: our own clock is in doubt."""
    salvage_id: UUID | None = None
    """Under which name what could be read of a broken file is kept; the asset itself is then quarantined."""


@dataclass(frozen=True, slots=True)
class EraseOrder:
    """Unlink one file, if it still is what was receipted."""

    file: CardFile
    sha256: str


Progress = Callable[[int], None]
"""Called with the bytes of the current file done so far."""


class CardWork(Protocol):
    """One docked camera's card, worked on in a process of its own.

    Every method raises CardGone when the card was pulled or its volume changed, and CardStalled when no
    progress was made for the stall limit; after either the object only needs `close()`.
    """

    def open(self, card: MountedCard) -> None:
        """Work on this mount from now on (the read-only one, or the fresh writable one for an erase)."""

    def list(self) -> Listing:
        """Every entry below the root; nothing is opened or followed. The volume is proved first."""

    def stage(self, order: StageOrder, progress: Progress) -> StageOutcome:
        """Copy, hash and make durable in one pass. The verdict says how it ended."""

    def digest(self, file: CardFile, progress: Progress) -> StageOutcome:
        """Read and hash without copying: is this a file we already have? (`size`, `sha256` are filled.)"""

    def read_small(self, path: bytes, limit: int) -> bytes | None:
        """The first `limit` bytes of a small file such as a marker; None when it is not there."""

    def erase(self, order: EraseOrder, progress: Progress) -> EraseOutcome:
        """Re-check size, time and digest, unlink that one file, sync the file system."""

    def close(self) -> None:
        """End the child. Never blocks, also when the child hangs in the kernel."""
