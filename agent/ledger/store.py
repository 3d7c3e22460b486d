"""The ledger on SQLite: the station's memory, durable when `commit` returns."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from agent.errors import LedgerBroken
from agent.ledger.connection import Readers, connect_writer, translated
from agent.ledger.group_commit import GroupCommit
from agent.ledger.queries import QUERIES
from agent.ledger.recording import Head, load_asset, record, with_receipt
from agent.ledger.rows import event_from, session_from, stamp
from agent.ledger.rows import instant as parsed
from agent.ledger.schema import upgrade, version_of
from agent.ledger.watch_rows import unwatched_from
from agent.ports import StoredEvent
from agent.rules.changes import Change, LedgerOpened
from agent.rules.footage import Asset, DockSession, Instant, State
from agent.rules.watching import Unwatched

GENESIS = Head(0, bytes(32))


def open_ledger(path: Path, station: str, now: Instant, *, expects_predecessor: bool) -> SqliteLedger:
    """The ledger at `path`, created with a new UUID when there is none.

    `expects_predecessor` says that this station worked before (it is enrolled, or its spool is not empty): a
    ledger that must be created then is `rebuilt`, because its predecessor was lost.

    Raises:
        LedgerBroken: the file is damaged, another station's, or newer than this agent. It was not changed.
    """
    connection = connect_writer(path)
    try:
        with translated(path):
            connection.execute("BEGIN IMMEDIATE")  # two starters at once create one ledger
            if version_of(connection) == 0:
                _create(connection, station, now, "rebuilt" if expects_predecessor else "new")
                connection.execute("COMMIT")
                _make_name_durable(path)
            else:
                connection.execute("ROLLBACK")
    finally:
        connection.close()
    return SqliteLedger(path, station)


def _create(connection: sqlite3.Connection, station: str, now: Instant, reason: str) -> None:
    upgrade(connection)
    identity = uuid4()
    values = {"uuid": str(identity), "station": station, "created_at": stamp(now.wall), "reason": reason}
    connection.execute(QUERIES["create_ledger"], values)
    head = record(connection, identity, GENESIS, LedgerOpened(at=now, reason=reason))
    connection.execute(QUERIES["move_head"], {"number": head.number, "hash": head.hash})


def _make_name_durable(path: Path) -> None:
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class SqliteLedger:
    """Implements the port `Ledger` on a file that exists (see `open_ledger`)."""

    uuid: UUID
    rebuilt: bool

    def __init__(self, path: Path, station: str, *, check: bool = True) -> None:
        """Open, check and upgrade. `check=False` skips the walk through the file (a short visit beside a
        running agent, such as `retry`).

        Raises:
            LedgerBroken: the file is missing, damaged, another station's, or newer. It was not changed.
        """
        if not path.exists():
            raise LedgerBroken(f"There is no ledger at {path}.", hint="Was `dock-agent run` ever started here?")
        self.path = path
        connection = connect_writer(path)
        try:
            with translated(path):
                self._prepare(connection, station, check)
        except BaseException:
            connection.close()
            raise
        self.readers = Readers(path)
        self._writer = GroupCommit(connection, path)

    def _prepare(self, connection: sqlite3.Connection, station: str, check: bool) -> None:
        if check:
            _quick_check(connection, self.path)
        connection.execute("BEGIN IMMEDIATE")
        upgrade(connection)
        connection.execute("COMMIT")
        row = connection.execute(QUERIES["ledger"]).fetchone()
        if row is None or row["station"] != station:
            owner = row["station"] if row else "nobody"
            raise LedgerBroken(
                f"The ledger {self.path} belongs to station {owner!r}, not to {station!r}. It was not changed.",
                code="ledger_foreign",
                hint="Check station.id and paths.state in the configuration.",
            )
        self.uuid = UUID(row["uuid"])
        self.rebuilt = row["reason"] == "rebuilt"

    def close(self) -> None:
        """Finish what is being committed and close every connection. Idempotent."""
        self._writer.close()
        self.readers.close()

    # --- writing --------------------------------------------------------------------------------------

    def commit(self, *changes: Change, notes: Mapping[str, str] | None = None) -> None:
        """See the port. Returns when durable."""
        if not changes and not notes:
            return
        rows = [{"name": name, "value": value} for name, value in (notes or {}).items()]

        def work(connection: sqlite3.Connection, head: Head) -> Head:
            for change in changes:
                head = record(connection, self.uuid, head, change)
            connection.executemany(QUERIES["remember"], rows)
            return head

        self._writer.run(work)

    def remember(self, **values: str) -> None:
        """See the port."""
        self.commit(notes=values)

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Nothing to do: each commit is durable on return, and commits of several threads are grouped anyway."""
        yield

    # --- reading --------------------------------------------------------------------------------------

    def asset(self, asset_id: UUID) -> Asset | None:
        with self.readers.snapshot() as connection:
            return load_asset(connection, asset_id)

    def assets_at(self, camera: str, path: bytes) -> tuple[Asset, ...]:
        return self._assets("assets_at", camera=camera, path=path)

    def assets_of(self, session: UUID) -> tuple[Asset, ...]:
        return self._assets("assets_of", session=str(session))

    def assets_on_card(self, camera: str) -> tuple[Asset, ...]:
        return self._assets("assets_on_card", camera=camera)

    def assets_in(self, state: State, limit: int = 1000) -> tuple[Asset, ...]:
        return self._assets("assets_in", state=str(state), limit=limit)

    def releasable(self, verified_before: datetime, limit: int = 1000) -> tuple[Asset, ...]:
        return self._assets("releasable", verified_before=stamp(verified_before), limit=limit)

    def unbacked(self, store_epoch: int, limit: int, skip: int = 0) -> tuple[Asset, ...]:
        return self._assets("unbacked", store_epoch=store_epoch, limit=limit, skip=skip)

    def session(self, session: UUID) -> DockSession | None:
        row = self._row("session", session=str(session))
        return session_from(row) if row else None

    def open_sessions(self) -> tuple[DockSession, ...]:
        with self.readers.connection() as connection:
            return tuple(session_from(row) for row in connection.execute(QUERIES["open_sessions"]))

    def sessions_since(self, instant: datetime) -> tuple[DockSession, ...]:
        with self.readers.connection() as connection:
            rows = connection.execute(QUERIES["sessions_since"], {"instant": stamp(instant)})
            return tuple(session_from(row) for row in rows)

    def unwatched_since(self, instant: datetime) -> tuple[Unwatched, ...]:
        with self.readers.connection() as connection:
            rows = connection.execute(QUERIES["unwatched_since"], {"instant": stamp(instant)})
            return tuple(unwatched_from(row) for row in rows)

    def told_not_seen(self) -> frozenset[tuple[str, datetime]]:
        with self.readers.connection() as connection:
            rows = connection.execute(QUERIES["told_not_seen"])
            return frozenset((row["shift_id"], parsed(row["deadline_at"])) for row in rows)

    def known_camera(self, camera: str) -> bool:
        row = self._row("known_camera", camera=camera)
        return bool(row and row[0])

    def events_after(self, number: int, limit: int) -> tuple[StoredEvent, ...]:
        values = {"number": number, "limit": limit}
        with self.readers.connection() as connection:
            return tuple(event_from(row) for row in connection.execute(QUERIES["events_after"], values))

    def head(self) -> StoredEvent | None:
        row = self._row("head")
        return event_from(row) if row else None

    def note(self, name: str) -> str | None:
        row = self._row("note", name=name)
        return None if row is None else str(row["value"])

    def _row(self, query: str, **values: Any) -> sqlite3.Row | None:
        with self.readers.connection() as connection:
            row: sqlite3.Row | None = connection.execute(QUERIES[query], values).fetchone()
            return row

    def _assets(self, query: str, **values: Any) -> tuple[Asset, ...]:
        with self.readers.snapshot() as connection:
            rows = connection.execute(QUERIES[query], values).fetchall()
            return tuple(with_receipt(connection, row) for row in rows)


def _quick_check(connection: sqlite3.Connection, path: Path) -> None:
    problems = [str(row[0]) for row in connection.execute("PRAGMA quick_check(5)")]
    if problems != ["ok"]:
        raise LedgerBroken(
            f"The ledger {path} is damaged: {'; '.join(problems)}. Footage in the spool and on cards is untouched.",
            code="ledger_damaged",
            hint="Move the file aside (do not delete it: it is evidence) and restart the agent: it then builds a "
            "new ledger from the spool and the cards.",
        )
