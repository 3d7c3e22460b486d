"""Brings the ledger's tables to the newest version, in numbered steps that are never edited afterwards."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from importlib.resources import files

from agent.errors import LedgerBroken

_NAME = re.compile(r"^(\d{4})_\w+\.sql$")


def migrations() -> list[tuple[int, str]]:
    """The steps in order: (version after it, its SQL)."""
    folder = files("agent.ledger") / "migrations"
    named = ((_NAME.match(entry.name), entry) for entry in folder.iterdir())
    return sorted((int(match[1]), entry.read_text(encoding="utf-8")) for match, entry in named if match)


def version_of(connection: sqlite3.Connection) -> int:
    """The version of the tables in this file; 0 for an empty one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def upgrade(connection: sqlite3.Connection) -> None:
    """Apply the missing steps inside the caller's transaction, so that a crash leaves the old version whole.

    Raises:
        LedgerBroken: the file was written by a newer agent.
    """
    steps = migrations()
    current, newest = version_of(connection), steps[-1][0]
    if current > newest:
        raise LedgerBroken(
            f"This ledger has version {current}; this agent knows up to {newest}. Nothing was changed.",
            code="ledger_too_new",
            hint="Install the agent version that wrote it, or a newer one.",
        )
    for version, script in steps:
        if version > current:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version}")


def expected_schema() -> dict[str, str]:
    """Every table, index and trigger of the newest version with its SQL."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        upgrade(connection)
        return schema_of(connection)
    finally:
        connection.close()


def schema_of(connection: sqlite3.Connection) -> dict[str, str]:
    """Every table, index and trigger that is in this file, as `type name` with its SQL."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {f"{row[0]} {row[1]}": row[2] for row in rows}


def _statements(script: str) -> Iterator[str]:
    # sqlite3's executescript() commits first, which would tear the upgrade apart.
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
