"""The spool as the parent sees it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SpoolSpace:
    free: int
    total: int
    min_free: int


class SpooledFile(Protocol):
    """A durable copy, open for reading."""

    size: int

    def read_at(self, offset: int, length: int) -> bytes: ...
    def close(self) -> None: ...


class Spool(Protocol):
    def open(self, asset_id: UUID) -> SpooledFile:
        """Raises FileNotFoundError."""

    def open_partial(self, asset_id: UUID) -> SpooledFile:
        """The copy that is being made. Only what its writer has told to be written may be read, and none of it is
        durable. Its `size` is what was reserved. Raises FileNotFoundError, SpoolBroken."""

    def size(self, asset_id: UUID) -> int | None:
        """Bytes of the durable copy; None when there is none."""

    def sidecars(self) -> Iterator[tuple[UUID, bytes]]:
        """Every durable copy with its sidecar: what a lost ledger is rebuilt from."""

    def orphans(self) -> list[str]:
        """Names in the spool that are neither a copy nor a sidecar of one; partial copies are not listed."""

    def sweep(self) -> int:
        """Remove partial copies of a previous run; call before card work starts. Returns how many. What is left is
        durable, as after `sync`."""

    def sync(self) -> None:
        """Make the name of every copy durable. Whoever gave it may have been killed before that: a copy that nobody
        answered for counts only after this. Raises SpoolBroken."""

    def release(self, asset_id: UUID) -> None:
        """Remove the copy, then its sidecar, durably. Idempotent."""

    def space(self) -> SpoolSpace: ...
