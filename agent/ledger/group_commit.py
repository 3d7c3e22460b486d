"""One writer thread. What several threads want written at the same time shares one durable commit."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from agent.errors import DockError, IllegalMove, LedgerBroken
from agent.ledger.connection import broken, is_constraint, is_lasting
from agent.ledger.queries import QUERIES
from agent.ledger.recording import Head

LARGEST_GROUP = 256
"""Callers per commit: bounds how long the first of them waits for the last."""

Work = Callable[[sqlite3.Connection, Head], Head]
"""Writes into the open transaction; gets the end of the chain and returns the new one."""


@dataclass(slots=True)
class _Request:
    work: Work
    done: Future[None] = field(default_factory=Future)
    refusal: Exception | None = None


class GroupCommit:
    """Runs work in one transaction per group. Each caller's work is a savepoint: it fails alone."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._closing = threading.Lock()
        self._closed = False
        self._broken: LedgerBroken | None = None
        self._thread = threading.Thread(target=self._serve, name="ledger-writer", daemon=True)
        self._thread.start()

    def run(self, work: Work) -> None:
        """Do `work` and return once it is durable.

        Raises:
            IllegalMove: the work was refused; nothing of it was written.
            LedgerBroken: it could not be made durable; nothing of it was written.
        """
        request = _Request(work)
        with self._closing:
            if self._closed:
                raise LedgerBroken(f"The ledger {self._path} was closed.", code="ledger_closed")
            self._queue.put(request)
        request.done.result()

    def close(self) -> None:
        """Finish what is queued, then end the thread and close its connection."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._queue.put(None)
        self._thread.join()

    def _serve(self) -> None:
        going_on = True
        while going_on:
            group, going_on = self._next_group()
            if group:
                self._commit(group)
        self._connection.close()

    def _next_group(self) -> tuple[list[_Request], bool]:
        group: list[_Request] = []
        request = self._queue.get()
        while request is not None:
            group.append(request)
            if len(group) == LARGEST_GROUP:
                return group, True
            try:
                request = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _commit(self, group: list[_Request]) -> None:
        failure: Exception | None = self._broken
        if failure is None:
            try:
                self._write(group)
            except Exception as error:  # noqa: BLE001 - every caller of the group is told
                failure = self._failed(error)
        for request in group:
            outcome = failure or request.refusal
            if outcome is None:
                request.done.set_result(None)
            else:
                request.done.set_exception(outcome)

    def _write(self, group: list[_Request]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        # Read again each time: `dock-agent retry` may have written beside us.
        row = self._connection.execute(QUERIES["ledger"]).fetchone()
        head = start = Head(row["head_number"], row["head_hash"])
        for request in group:
            head = self._attempt(request, head)
        if head != start:
            self._connection.execute(QUERIES["move_head"], {"number": head.number, "hash": head.hash})
        self._connection.execute("COMMIT")

    def _attempt(self, request: _Request, head: Head) -> Head:
        self._connection.execute("SAVEPOINT one_caller")
        try:
            head = request.work(self._connection, head)
        except Exception as error:
            request.refusal = _refusal(error)
            if request.refusal is None:
                raise
            self._connection.execute("ROLLBACK TO one_caller")
        self._connection.execute("RELEASE one_caller")
        return head

    def _failed(self, error: Exception) -> LedgerBroken:
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            error = second
        failure = broken(self._path, error)
        if is_lasting(error):
            self._broken = failure
        return failure


def _refusal(error: Exception) -> Exception | None:
    """What one caller is told, or None when the trouble is the ledger's and concerns the whole group."""
    if isinstance(error, sqlite3.Error):
        if is_constraint(error):
            return IllegalMove(f"the ledger's own constraints forbid it: {error}")
        return None
    if isinstance(error, DockError | TypeError):
        return error
    if isinstance(error, ValueError | OverflowError):
        return IllegalMove(f"it cannot be written down: {error}")
    return error
