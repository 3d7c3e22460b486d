"""A finished little world on disk that tests can doctor: a card, central's objects, a ledger with signed receipts."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from simulator.demo.ledgers import LedgerFile
from simulator.demo.objects import ObjectFolder
from simulator.demo.watcher import Pin, Watcher

CAMERA = "BWC0412"
VIDEO, SIDECAR, MARKER = b"DCIM/1/a.MP4", b"DCIM/1/a.JSON", b"BWC.ID"
CONTENT = {VIDEO: b"moving pictures" * 100, SIDECAR: b"{}", MARKER: b"BWC0412\n"}

# The columns that the demo reads, as the ledger has them.
SCHEMA = """
CREATE TABLE assets (asset_id TEXT, camera TEXT, path BLOB, state TEXT, erase_started_at TEXT, upload_offset INTEGER,
                     receipt_id TEXT);
CREATE TABLE receipts (asset_id TEXT, sha256 TEXT, size INTEGER, key_id TEXT, content BLOB, signature BLOB);
CREATE TABLE custody_events (number INTEGER, body BLOB);
"""


class SmallWorld:
    """Everything was uploaded and receipted; nothing was erased yet."""

    def __init__(self, home: Path) -> None:
        self.card = home / "card"
        self.objects = home / "objects"
        self.database = home / "ledger.db"
        self.key = Ed25519PrivateKey.generate()
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.executescript(SCHEMA)
        for path, content in CONTENT.items():
            file = self.card / os.fsdecode(path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            self.store(content)
            self.receipt(path, content)
        self.pin = Pin(LedgerFile(self.database), {"k1": self.key.public_key()})
        self.stored = ObjectFolder(self.objects)
        self.watcher = Watcher(self.stored, [self.pin])
        self.watcher.hold(CAMERA, self.card)
        self.watcher.look()

    def store(self, content: bytes) -> Path:
        name = hashlib.sha256(content).hexdigest()
        place = self.objects / name[:2] / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        return place

    def object_of(self, path: bytes) -> Path:
        name = hashlib.sha256(CONTENT[path]).hexdigest()
        return self.objects / name[:2] / name

    def receipt(
        self, path: bytes, content: bytes, signer: Ed25519PrivateKey | None = None, key_id: str = "k1"
    ) -> None:
        """Keep a receipt for this file, about this content."""
        sha256 = hashlib.sha256(content).hexdigest()
        told = json.dumps({"sha256": sha256, "size": len(content), "key_id": key_id}).encode()
        signature = (signer or self.key).sign(told)
        with closing(sqlite3.connect(self.database)) as connection, connection:
            asset = os.fsdecode(path)
            connection.execute("INSERT INTO assets VALUES (?, ?, ?, 'VERIFIED', NULL, 0, 'r')", (asset, CAMERA, path))
            row = (asset, sha256, len(content), key_id, told, signature)
            connection.execute("INSERT INTO receipts VALUES (?, ?, ?, ?, ?, ?)", row)

    def change_ledger(self, statement: str, *values: object) -> None:
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute(statement, values)

    def erase(self, *paths: bytes) -> None:
        for path in paths:
            (self.card / os.fsdecode(path)).unlink()
        self.watcher.look()
