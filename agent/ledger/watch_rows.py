"""Writes what was not watched, and what was reported for it, beside the event that says so."""

from __future__ import annotations

import sqlite3
from datetime import datetime

from agent.errors import IllegalMove
from agent.ledger.queries import QUERIES
from agent.ledger.rows import instant, stamp
from agent.rules import changes as c
from agent.rules.watching import Unwatched


def write_watch(connection: sqlite3.Connection, change: c.Change) -> None:
    """Changes that are not about watching write nothing.

    Raises:
        IllegalMove: a camera was reported before for this shift and deadline.
    """
    match change:
        case c.WatchStopped():
            for source in change.sources or ("",):
                _begin(connection, source, "", change.reason, change.until or change.at.wall)
        case c.WatchStarted():
            until = stamp(change.at.wall)
            if change.reason == "resumed":
                rows = [{"source": source, "until": until} for source in change.sources]
                connection.executemany(QUERIES["end_unwatched_source"], rows)
            else:
                connection.execute(QUERIES["end_unwatched_station"], {"until": until})
        case c.BayUnwatched():
            _begin(connection, change.source, change.bay, change.reason, change.since)
        case c.BayWatched():
            values = {"source": change.source, "bay": change.bay, "reason": change.reason}
            connection.execute(QUERIES["end_unwatched_bay"], {**values, "until": stamp(change.at.wall)})
        case c.CameraNotSeen():
            _report(connection, change)


def unwatched_from(row: sqlite3.Row) -> Unwatched:
    return Unwatched(
        source=row["source"],
        bay=row["bay"],
        reason=row["reason"],
        since=instant(row["since"]),
        until=instant(row["until"]) if row["until"] else None,
    )


def _begin(connection: sqlite3.Connection, source: str, bay: str, reason: str, since: datetime) -> None:
    values = {"source": source, "bay": bay, "reason": reason, "since": stamp(since)}
    connection.execute(QUERIES["begin_unwatched"], values)


def _report(connection: sqlite3.Connection, change: c.CameraNotSeen) -> None:
    values = {
        "shift_id": change.shift_id,
        "deadline_at": stamp(change.deadline_at),
        "reported_at": stamp(change.at.wall),
    }
    try:
        connection.execute(QUERIES["report_not_seen"], values)
    except sqlite3.IntegrityError as error:
        raise IllegalMove(f"shift {change.shift_id} was reported before for this deadline") from error
