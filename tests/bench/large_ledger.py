"""A ledger as it stands after years: real rows and a real chain, written in bulk and kept under .parts/bench."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from agent.ledger.rows import receipt_values
from agent.ledger.schema import expected_schema
from agent.rules import changes as c
from protocol.chain import event_hash
from tests.ledger.story import Station, at, receipt, station_at

EVENTS_EACH = 5
"""Of two assets one lives a whole life of eight events, the other leaves its card before it is copied: two."""
CAMERAS = 1000
KEPT_AT = Path(__file__).resolve().parents[2] / ".parts/bench"
_CONTENT = b"abc"
_PATH = "DCIM/A%07d.MP4"


def large_ledger(assets: int) -> Path:
    """A ledger of so many assets, and five times as many events. Made once for each schema."""
    schema = "\n".join(f"{name} {sql}" for name, sql in sorted(expected_schema().items()))
    mark = hashlib.sha256(schema.encode()).hexdigest()[:8]
    folder = KEPT_AT / f"ledger-{assets}-{mark}"
    if not (folder / "whole").exists():
        station = station_at(folder)
        try:
            _fill(station, assets)
        finally:
            station.ledger.close()
        (folder / "whole").touch()
    return folder / "ledger.db"


@dataclass(frozen=True, slots=True)
class _Life:
    """What one real asset left in the ledger, to be told again of others."""

    asset: dict[str, object]
    bodies: tuple[tuple[bytes, ...], ...]
    """Each event cut at the names in it: text, name, text, …"""
    names: tuple[bytes, ...]


def _fill(station: Station, assets: int) -> None:
    whole = station.erase((_PATH % 1).encode(), _CONTENT)
    station.ledger.commit(c.CopyReleased(at=at(8), asset_id=whole, reason="kept_long_enough"))
    station.spool.release(whole)
    left = station.find((_PATH % 2).encode(), _CONTENT)
    station.ledger.commit(c.AssetGone(at=at(2), asset_id=left, session=station.session))
    with sqlite3.connect(station.path, isolation_level=None) as connection:
        connection.row_factory = sqlite3.Row
        lives = (_life(connection, whole, station.session), _life(connection, left, station.session))
        _write(connection, station, lives, assets)


def _life(connection: sqlite3.Connection, asset_id: UUID, session: UUID) -> _Life:
    row = dict(connection.execute("SELECT * FROM assets WHERE asset_id = ?", [str(asset_id)]).fetchone())
    del row["seq"]
    path = bytes(row["path"])
    names = [
        str(asset_id).encode(),
        str(row["receipt_id"]).encode(),
        path,
        b64encode(path),
        b"cam-1",
        str(session).encode(),
    ]
    cut = re.compile(b"(" + b"|".join(re.escape(name) for name in names) + b")")
    events = connection.execute("SELECT body FROM custody_events WHERE asset_id = ? ORDER BY number", [str(asset_id)])
    return _Life(row, tuple(tuple(cut.split(event["body"])) for event in events), tuple(names))


def _write(connection: sqlite3.Connection, station: Station, lives: tuple[_Life, _Life], assets: int) -> None:
    extra = {name: sql for name, sql in expected_schema().items() if not name.startswith("table ")}
    for unsafe in ("synchronous = OFF", "journal_mode = OFF", "cache_size = -400000", "foreign_keys = OFF"):
        connection.execute(f"PRAGMA {unsafe}")
    connection.execute("BEGIN")
    for name in extra:
        connection.execute(f"DROP {name}")
    sessions = _sessions(connection, assets)
    ledger = connection.execute("SELECT uuid, head_number, head_hash FROM ledger").fetchone()
    writer = _Writer(UUID(ledger["uuid"]), ledger["head_number"], ledger["head_hash"])
    for slice_ in _slices(assets - 2):
        rows, receipts, events = writer.lives(slice_, lives, sessions)
        for table, values in (("receipts", receipts), ("assets", rows)):
            _insert(connection, table, values)
        connection.executemany("INSERT INTO custody_events VALUES (?, ?, ?, ?, ?)", events)
    connection.execute("UPDATE ledger SET head_number = ?, head_hash = ?", [writer.number, writer.hash])
    for sql in extra.values():
        connection.execute(sql)
    connection.execute("COMMIT")


def _sessions(connection: sqlite3.Connection, assets: int) -> list[str]:
    """One ended dock for each hundred assets, of a thousand cameras in turn."""
    row = dict(connection.execute("SELECT * FROM dock_sessions").fetchone())
    del row["seq"]
    over = {"undocked_at": row["seen_at"], "last_present_at": row["seen_at"], "drained_at": row["seen_at"]}
    made = [
        {**row, **over, "session": str(uuid4()), "camera": f"cam-{number % CAMERAS:04}"}
        for number in range(max(CAMERAS, assets // 100))
    ]
    _insert(connection, "dock_sessions", made)
    return [str(one["session"]) for one in made]


def _insert(connection: sqlite3.Connection, table: str, rows: list[dict[str, object]]) -> None:
    if rows:
        columns, marks = ", ".join(rows[0]), ", ".join(f":{column}" for column in rows[0])
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)  # noqa: S608 - our own names


def _slices(count: int, size: int = 10_000) -> Iterator[range]:
    for start in range(0, count, size):
        yield range(start, min(count, start + size))


class _Writer:
    """Tells lives again, one after the other, and keeps the end of the chain."""

    def __init__(self, ledger: UUID, number: int, hash_: bytes) -> None:
        self.ledger, self.number, self.hash = ledger, number, hash_

    def lives(
        self, numbers: range, lives: tuple[_Life, _Life], sessions: list[str]
    ) -> tuple[list[dict[str, object]], list[dict[str, object]], list[tuple[object, ...]]]:
        rows: list[dict[str, object]] = []
        receipts: list[dict[str, object]] = []
        events: list[tuple[object, ...]] = []
        for number in numbers:
            life, asset_id, path = lives[number % 2], uuid4(), (_PATH % (number + 10)).encode()
            session = sessions[number // 100 % len(sessions)]
            camera = f"cam-{number // 100 % len(sessions) % CAMERAS:04}"
            receipt_id = None
            if life.asset["receipt_id"] is not None:
                given = receipt(asset_id, _CONTENT)
                receipt_id = str(given.receipt_id)
                receipts.append(receipt_values(given))
            named = dict(
                zip(
                    life.names,
                    (
                        str(asset_id).encode(),
                        str(receipt_id).encode(),
                        path,
                        b64encode(path),
                        camera.encode(),
                        session.encode(),
                    ),
                    strict=True,
                )
            )
            rows.append(
                {
                    **life.asset,
                    "asset_id": str(asset_id),
                    "receipt_id": receipt_id,
                    "path": path,
                    "camera": camera,
                    "session": session,
                }
            )
            for pieces in life.bodies:
                body = b"".join(named.get(piece, piece) for piece in pieces)
                events.append(self._event(body, str(asset_id)))
        return rows, receipts, events

    def _event(self, body: bytes, asset_id: str) -> tuple[object, ...]:
        number, before = self.number + 1, self.hash
        self.number, self.hash = number, event_hash(self.ledger, number, before, body)
        return number, before, self.hash, body, asset_id
