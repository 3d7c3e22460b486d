"""A short look at the ledger's health for `dock-agent doctor`, beside a running agent."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path

from agent.ledger.connection import Readers
from agent.ledger.queries import QUERIES

DOCKS = 40
"""How many of the last docks tell how large a card is here."""
CHECK_FOR_S = 5.0
"""A commit of the agent waits for a reader: a long check would hold it up."""
_STEPS = 20_000
_INTERRUPTED = 9


@dataclass(frozen=True, slots=True)
class LedgerHealth:
    """`complaints` of SQLite itself; the custody chain is the work of `verify`."""

    station: str
    events: int
    fork: str
    """Why central takes this ledger no further; empty when it does."""
    follows: str
    """Which ledger ended before this one began, and why; empty when none did."""
    complaints: tuple[str, ...]
    whole: bool
    """False: the check was ended early because it took too long."""
    bays: int
    cards: tuple[int, ...]
    """Bytes that each of the last docks brought."""
    releasable: int


def look(path: Path, *, check_for_s: float = CHECK_FOR_S) -> LedgerHealth:
    """Raises LedgerBroken: it is not there, or SQLite cannot read it."""
    readers = Readers(path)
    try:
        with readers.connection() as connection:
            row = connection.execute(QUERIES["ledger"]).fetchone()
            fork, ended, follows = (_note(connection, name) for name in ("fork", "ended", "follows"))
            cards = connection.execute(QUERIES["recent_cards"], {"docks": DOCKS}).fetchall()
            (releasable,) = connection.execute(QUERIES["releasable_bytes"]).fetchone()
            complaints = _checked(connection, check_for_s)
    finally:
        readers.close()
    return LedgerHealth(
        station=row["station"] if row is not None else "",
        events=row["head_number"] if row is not None else 0,
        fork=fork or ended,
        follows=follows,
        complaints=complaints or (),
        whole=complaints is not None,
        bays=len({bay for bay, _ in cards}),
        cards=tuple(size for _, size in cards),
        releasable=releasable,
    )


def _note(connection: sqlite3.Connection, name: str) -> str:
    row = connection.execute(QUERIES["note"], {"name": name}).fetchone()
    return "" if row is None else str(row["value"])


def _checked(connection: sqlite3.Connection, for_s: float) -> tuple[str, ...] | None:
    """What `quick_check` complains of; None when it took too long."""
    until = time.monotonic() + for_s
    connection.set_progress_handler(lambda: time.monotonic() > until, _STEPS)
    try:
        found = [str(row[0]) for row in connection.execute("PRAGMA quick_check(20)")]
    except sqlite3.OperationalError as error:
        if (error.sqlite_errorcode or 0) & 0xFF == _INTERRUPTED:
            return None
        raise
    finally:
        connection.set_progress_handler(None, 0)
    return () if found == ["ok"] else tuple(found)
