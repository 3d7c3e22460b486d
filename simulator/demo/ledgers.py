"""A station's ledger as anybody with a copy of SQLite sees it: opened read-only, by statements of our own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

BUSY_S = 10.0


class LedgerUnreadable(Exception):
    """It cannot be read just now: not there yet, or its writer was killed in the middle of a commit."""


@dataclass(frozen=True, slots=True)
class KeptReceipt:
    """A receipt for one file of one camera, as a station keeps it."""

    sha256: str
    size: int
    key_id: str
    content: bytes
    """The exact bytes that were signed."""
    signature: bytes
    erase_started_at: str | None
    """RFC 3339; when the station last decided to erase the file."""


class LedgerFile:
    """Short reads, each with a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def receipts_for(self, camera: str, path: bytes) -> list[KeptReceipt]:
        """Raises LedgerUnreadable."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT r.sha256, r.size, r.key_id, r.content, r.signature, a.erase_started_at"
                " FROM receipts r JOIN assets a USING (asset_id) WHERE a.camera = ? AND a.path = ?",
                (camera, path),
            )
            return [KeptReceipt(*row) for row in rows]

    def all_receipts(self) -> list[KeptReceipt]:
        """Raises LedgerUnreadable."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT r.sha256, r.size, r.key_id, r.content, r.signature, a.erase_started_at"
                " FROM receipts r JOIN assets a USING (asset_id)"
            )
            return [KeptReceipt(*row) for row in rows]

    def states(self, camera: str) -> dict[str, int]:
        """How many files of a camera are in each state; nothing while the ledger cannot be read."""
        try:
            with self._reading() as connection:
                return dict(
                    connection.execute("SELECT state, count(*) FROM assets WHERE camera = ? GROUP BY 1", (camera,))
                )
        except LedgerUnreadable:
            return {}

    def bytes_on_their_way(self, camera: str) -> int:
        """How much of the camera's unreceipted footage central acknowledged so far."""
        try:
            with self._reading() as connection:
                sql = "SELECT total(upload_offset) FROM assets WHERE camera = ? AND receipt_id IS NULL"
                return int(connection.execute(sql, (camera,)).fetchone()[0])
        except LedgerUnreadable:
            return 0

    def events_after(self, number: int) -> list[tuple[int, bytes]]:
        """Custody events with their numbers; none while the ledger cannot be read."""
        try:
            with self._reading() as connection:
                sql = "SELECT number, body FROM custody_events WHERE number > ? ORDER BY number LIMIT 1000"
                return connection.execute(sql, (number,)).fetchall()
        except LedgerUnreadable:
            return []

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(f"{self._path.as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise LedgerUnreadable(f"{self._path}: {error}") from error
