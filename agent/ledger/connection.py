"""Opens SQLite the way this ledger needs it, and translates its errors."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from agent.errors import LedgerBroken

SAFE_WAL = (3, 51, 3)
"""Older SQLite can corrupt a WAL database when two connections checkpoint at once."""

BUSY_TIMEOUT_S = 30.0
"""How long a commit waits for a reader beside us (`verify`, `status`), and a reader for a commit."""

_FULL, _BUSY, _CONSTRAINT = 13, 5, 19


def journal_mode(version: tuple[int, int, int]) -> str:
    """The journal mode that is safe with this SQLite."""
    return "WAL" if version >= SAFE_WAL else "TRUNCATE"


def connect_writer(path: Path) -> sqlite3.Connection:
    """A connection whose every commit is durable when it returns. Creates the file for its owner only."""
    with translated(path):
        if not path.exists():
            # Never open and close an existing database by hand: that drops SQLite's own file locks.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        connection = _connect(f"{path.absolute().as_uri()}?mode=rw")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(f"PRAGMA journal_mode = {journal_mode(sqlite3.sqlite_version_info)}")
        return connection


def connect_reader(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing; it may roll back what a killed writer left half done."""
    with translated(path):
        if not path.exists():
            raise LedgerBroken(f"There is no ledger at {path}.", hint="Was `dock-agent run` ever started here?")
        mode = "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"
        connection = _connect(f"{path.absolute().as_uri()}?mode={mode}")
        connection.execute("PRAGMA query_only = ON")
        return connection


def _connect(uri: str) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns what SQLite and the disk say into LedgerBroken, with what to do next."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise broken(path, error) from error


def broken(path: Path, error: Exception) -> LedgerBroken:
    """The error for people."""
    code = _primary_code(error)
    if code == _FULL:
        return LedgerBroken(
            f"The ledger {path} could not be written: the disk is full. Nothing was half written.",
            code="ledger_disk_full",
            hint="Free space on this disk; the agent tries again.",
        )
    if code == _BUSY:
        return LedgerBroken(
            f"The ledger {path} is held by another program for more than {BUSY_TIMEOUT_S:.0f} s.",
            code="ledger_busy",
            hint="Close whatever else has this file open (a second agent, a database browser).",
        )
    return LedgerBroken(
        f"The ledger {path} cannot be read or written: {error}. Footage in the spool and on cards is untouched.",
        hint="Check the disk, then restart the agent. If the file is damaged, move it aside (do not delete it): "
        "the agent then builds a new ledger from the spool and the cards.",
    )


def is_lasting(error: Exception) -> bool:
    """Whether the file must not be written again before a restart: an I/O error, never a full or busy disk.

    After a failed fsync the kernel may have dropped the pages; a second fsync would lie.
    """
    return _primary_code(error) not in (_FULL, _BUSY)


def is_constraint(error: sqlite3.Error) -> bool:
    return _primary_code(error) == _CONSTRAINT


def _primary_code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


class Readers:
    """Read connections for any thread. As many as were ever needed at once, and `close` closes them all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def connection(self) -> Iterator[sqlite3.Connection]:
        """Borrow a connection.

        Raises:
            LedgerBroken: the ledger is closed, or cannot be read.
        """
        with self._lock:
            if self._closed:
                raise LedgerBroken(f"The ledger {self._path} was closed.", code="ledger_closed")
            idle = self._idle.pop() if self._idle else None
        connection = idle or connect_reader(self._path)
        try:
            with translated(self._path):
                yield connection
        finally:
            self._give_back(connection)

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """Borrow a connection whose reads all show the same instant. Keep it short: a commit waits for it."""
        with self.connection() as connection:
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                connection.execute("ROLLBACK")

    def _give_back(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            with closing(connection):
                pass
