"""The station's memory."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from agent.rules.changes import Change
from agent.rules.footage import (
    Asset,
    DockSession,
    State,
)
from agent.rules.watching import Unwatched


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One custody event at its place in the chain."""

    number: int
    previous_hash: bytes
    hash: bytes
    body: bytes


class Ledger(Protocol):
    """The station's memory. Thread-safe; one writer; every commit is atomic and durable on return."""

    uuid: UUID
    rebuilt: bool
    """True when it was created because an earlier ledger of this station was lost."""

    def commit(self, *changes: Change, notes: Mapping[str, str] | None = None) -> None:
        """All changes, their events and these notes (see `remember`) in one transaction, or none. Commits of several
        threads are grouped.

        Raises:
            IllegalMove: one of them is not allowed; nothing was written.
            LedgerBroken: it could not be made durable."""

    def asset(self, asset_id: UUID) -> Asset | None: ...
    def assets_at(self, camera: str, path: bytes) -> tuple[Asset, ...]:
        """Every asset this camera ever had under this path, newest first."""

    def assets_of(self, session: UUID) -> tuple[Asset, ...]:
        """Assets last seen in this session and still thought to be on its card, or staged from it."""

    def assets_on_card(self, camera: str) -> tuple[Asset, ...]:
        """Assets of this camera that were on its card when it was last listed."""

    def assets_in(self, state: State, limit: int = 1000) -> tuple[Asset, ...]:
        """Oldest first."""

    def releasable(self, verified_before: datetime, limit: int = 1000) -> tuple[Asset, ...]:
        """Receipted assets whose spool copy is still there, oldest first."""

    def unbacked(self, store_epoch: int, limit: int, skip: int = 0) -> tuple[Asset, ...]:
        """Assets with a receipt older than this epoch that are neither in the spool nor on a card, oldest first."""

    def session(self, session: UUID) -> DockSession | None: ...
    def open_sessions(self) -> tuple[DockSession, ...]: ...
    def sessions_since(self, instant: datetime) -> tuple[DockSession, ...]:
        """Dock sessions that had not ended by then, oldest first."""

    def unwatched_since(self, instant: datetime) -> tuple[Unwatched, ...]:
        """What was not watched, and had not ended by then, oldest first."""

    def told_not_seen(self) -> frozenset[tuple[str, datetime]]:
        """Every (shift, deadline) that was ever reported as not seen here."""

    def known_camera(self, camera: str) -> bool:
        """Whether this camera was docked here before."""

    def events_after(self, number: int, limit: int) -> tuple[StoredEvent, ...]: ...
    def head(self) -> StoredEvent | None: ...
    def note(self, name: str) -> str | None:
        """A small remembered value: `acknowledged`, `store_epoch`, `alive_at`, `roster_etag` …"""

    def remember(self, **values: str) -> None:
        """Durably remember small values (not custody; no event)."""

    def batch(self) -> AbstractContextManager[None]:
        """A hint: commits inside may share one durable transaction, made durable at the end at the latest."""
