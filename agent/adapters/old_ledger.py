"""A dead PC's ledger, kept as evidence: the only place of what it had not told central."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

from agent.adapters.file_calls import sync_folder

TEMPORARY = "ledger.adopting"
PARTS = ("", "-journal", "-wal")
BLOCK = 1 << 20


def keep_ledger(old_state: Path, state: Path, reading: Callable[[], AbstractContextManager[object]]) -> str:
    """Copies `ledger.db` of the old disk, and what SQLite left beside it, into `state` as `ledger-UUID.db`; the name
    of that file, empty when there is no old ledger. Idempotent; nothing opens the old one as a database.

    Raises:
        OSError: it cannot be read, or not be written here. Nothing half copied has that name.
        ValueError: it is no ledger.
    """
    with reading():
        parts = [part for part in PARTS if (old_state / f"ledger.db{part}").is_file()]
    if "" not in parts:
        return ""
    try:
        for part in parts:
            _copy(old_state / f"ledger.db{part}", state / f"{TEMPORARY}{part}", reading)
        kept = f"ledger-{_uuid_of(state / TEMPORARY)}.db"
        if (state / kept).exists():
            return kept
        for part in sorted(parts, reverse=True):  # the name that makes it a ledger goes last
            (state / f"{TEMPORARY}{part}").rename(state / f"{kept}{part}")
        sync_folder(state)
        return kept
    finally:
        for part in PARTS:
            (state / f"{TEMPORARY}{part}").unlink(missing_ok=True)


def without_receipt(ledger: Path) -> frozenset[UUID]:
    """The assets for which this kept ledger has no receipt: those that matter most. Empty when it cannot be read; it
    decides nothing but an order."""
    try:
        with contextlib.closing(_as_it_lies(ledger)) as connection:
            rows = connection.execute("SELECT asset_id FROM assets WHERE receipt_id IS NULL").fetchall()
            return frozenset(UUID(row[0]) for row in rows)
    except (sqlite3.Error, ValueError, TypeError):
        return frozenset()


def _as_it_lies(path: Path) -> sqlite3.Connection:
    """Without rolling anything back: what a power cut left stays as it is."""
    return sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True)


def _copy(old: Path, new: Path, reading: Callable[[], AbstractContextManager[object]]) -> None:
    with reading():
        source = os.open(old, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        new.unlink(missing_ok=True)
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            while block := os.read(source, BLOCK):
                while block:
                    block = block[os.write(handle, block) :]
            os.fsync(handle)
        finally:
            os.close(handle)
    finally:
        os.close(source)


def _uuid_of(path: Path) -> UUID:
    """Raises ValueError."""
    try:
        with contextlib.closing(_as_it_lies(path)) as connection:
            row = connection.execute("SELECT uuid FROM ledger WHERE id = 1").fetchone()
    except sqlite3.Error as error:
        raise ValueError(f"it cannot be read as a ledger ({error})") from error
    if row is None:
        raise ValueError("it is a ledger that was never begun")
    return UUID(row[0])
