"""A look at the ledger that changes nothing: for `dock-agent status` beside a running agent, and for heartbeats."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import UUID

from agent.ledger.connection import Readers
from agent.ledger.queries import QUERIES
from agent.ledger.recording import load_asset, with_receipt
from agent.ledger.rows import event_from, instant, session_from, stamp
from agent.ports import StoredEvent
from agent.rules.footage import Asset, DockSession, State
from agent.rules.network_words import Filling


@dataclass(frozen=True, slots=True)
class Queue:
    """What still waits for a receipt: FOUND, STAGED and UPLOADED assets."""

    files: int
    size: int
    """Bytes."""
    oldest_unreceipted_at: datetime | None
    """When the oldest of them was first seen."""


@dataclass(frozen=True, slots=True)
class LedgerIdentity:
    uuid: UUID
    station: str
    created_at: datetime
    rebuilt: bool
    head_number: int
    head_hash: bytes


class LedgerView:
    """Short looks, each consistent in itself. Thread-safe; close it."""

    def __init__(self, path: Path) -> None:
        self.readers = Readers(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _t: type[BaseException] | None, _e: BaseException | None, _b: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self.readers.close()

    def identity(self) -> LedgerIdentity:
        with self.readers.connection() as connection:
            row = connection.execute(QUERIES["ledger"]).fetchone()
        return LedgerIdentity(
            uuid=UUID(row["uuid"]),
            station=row["station"],
            created_at=instant(row["created_at"]),
            rebuilt=row["reason"] == "rebuilt",
            head_number=row["head_number"],
            head_hash=row["head_hash"],
        )

    def counts(self) -> dict[State, int]:
        """How many assets are in each state; every state is named."""
        with self.readers.connection() as connection:
            found = {State(row[0]): int(row[1]) for row in connection.execute(QUERIES["count_by_state"])}
        return {state: found.get(state, 0) for state in State}

    def queue(self) -> Queue:
        with self.readers.connection() as connection:
            files, size, oldest = connection.execute(QUERIES["queue"]).fetchone()
        return Queue(files, size, instant(oldest) if oldest else None)

    def quarantined(self, limit: int = 1000) -> tuple[Asset, ...]:
        """Oldest first, each with its reason."""
        values = {"state": str(State.QUARANTINED), "limit": limit}
        with self.readers.snapshot() as connection:
            rows = connection.execute(QUERIES["assets_in"], values).fetchall()
            return tuple(with_receipt(connection, row) for row in rows)

    def newest_assets(self, limit: int) -> tuple[Asset, ...]:
        """Those that came last, newest first, each with its receipt."""
        with self.readers.snapshot() as connection:
            rows = connection.execute(QUERIES["newest_assets"], {"limit": limit}).fetchall()
            return tuple(with_receipt(connection, row) for row in rows)

    def asset(self, asset_id: UUID) -> Asset | None:
        """None when this ledger does not know it."""
        with self.readers.snapshot() as connection:
            return load_asset(connection, asset_id)

    def open_sessions(self) -> tuple[DockSession, ...]:
        with self.readers.connection() as connection:
            return tuple(session_from(row) for row in connection.execute(QUERIES["open_sessions"]))

    def sessions_since(self, since: datetime) -> tuple[DockSession, ...]:
        """Dock sessions that had not ended by then, oldest first."""
        with self.readers.connection() as connection:
            rows = connection.execute(QUERIES["sessions_since"], {"instant": stamp(since)})
            return tuple(session_from(row) for row in rows)

    def recent_docks(self, limit: int = 20) -> tuple[DockSession, ...]:
        """Newest first, ended or not."""
        with self.readers.connection() as connection:
            return tuple(session_from(row) for row in connection.execute(QUERIES["recent_docks"], {"limit": limit}))

    def filling(self, since: datetime, now: datetime, limit: int = 20_000) -> Filling:
        """How much came into the spool since an instant. Looks at the newest `limit` assets only: of a busier time
        it tells the latest part. A ledger that is younger tells of its own life."""
        values = {"instant": stamp(since), "limit": limit}
        with self.readers.connection() as connection:
            size, oldest, count = connection.execute(QUERIES["staged_since"], values).fetchone()
            created = connection.execute(QUERIES["ledger"]).fetchone()["created_at"]
        begun = max(since, instant(created), instant(oldest) if count == limit else since)
        return Filling(size, max(0.0, (now - begun).total_seconds()))

    def told_not_seen(self) -> frozenset[tuple[str, datetime]]:
        """Every (shift, deadline) that was reported as not seen here."""
        with self.readers.connection() as connection:
            rows = connection.execute(QUERIES["told_not_seen"])
            return frozenset((row["shift_id"], instant(row["deadline_at"])) for row in rows)

    def recent_events(self, limit: int = 20) -> tuple[StoredEvent, ...]:
        """Newest first."""
        with self.readers.connection() as connection:
            return tuple(event_from(row) for row in connection.execute(QUERIES["recent_events"], {"limit": limit}))

    def note(self, name: str) -> str | None:
        with self.readers.connection() as connection:
            row = connection.execute(QUERIES["note"], {"name": name}).fetchone()
        return None if row is None else str(row["value"])
