"""One station's life in values: what the ledger tests tell it, with real keys, real copies and a made-up clock."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.adapters.spool_disk import SpoolFolder
from agent.ledger.store import SqliteLedger, open_ledger
from agent.ports import SignedStatement
from agent.rules import changes as c
from agent.rules.footage import FileKind, Instant, Receipt
from protocol.messages import ReceiptContent
from protocol.sidecar import Sidecar, encode_path, encode_sidecar

STATION = "east-1"
BOOT = "9d1a6c2e-boot"
START = datetime(2026, 3, 1, 15, 40, 0, 123456, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def at(seconds: float = 0) -> Instant:
    return Instant(START + timedelta(seconds=seconds), int(seconds * 1e9), BOOT, offset_ms=12.5, uncertainty_ms=3.0)


def is_signed(statement: SignedStatement) -> bool:
    try:
        KEY.public_key().verify(statement.signature, statement.content)
    except InvalidSignature:
        return False
    return statement.key_id == "k1"


def docked(session: UUID, camera: str = "cam-1") -> c.CameraDocked:
    return c.CameraDocked(
        at=at(),
        session=session,
        key=f"key-{session}",
        source="folder",
        bay=f"folder:{camera}",
        bay_label="Bay 1",
        camera=camera,
        identity_source="folder_name",
        identity_unique=True,
        profile="generic",
        proves_dock=True,
        seen_at=at().wall,
        absent_until=at(-5).wall,
    )


def found(asset_id: UUID, session: UUID, path: bytes = b"DCIM/A.MP4", size: int = 3, **more: object) -> c.AssetFound:
    values = {
        "at": at(1),
        "asset_id": asset_id,
        "session": session,
        "camera": "cam-1",
        "bay": "folder:cam-1",
        "path": path,
        "size": size,
        "mtime_ns": 1_700_000_000_000_000_000,
        "kind": FileKind.VIDEO,
        "flagged": False,
        "docked_at": at().wall,
    }
    return c.AssetFound(**{**values, **more})


def staged(asset_id: UUID, content: bytes, **more: object) -> c.AssetStaged:
    values = {
        "at": at(2),
        "asset_id": asset_id,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "recorded_at": at(-3600).wall,
        "recorded_source": "container",
    }
    return c.AssetStaged(**{**values, **more})


def receipt(asset_id: UUID, content: bytes, **more: object) -> Receipt:
    """A receipt that the station's pinned key signed; `more` overrides what is signed and noted."""
    values = {
        "asset_id": asset_id,
        "station": STATION,
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "stored_at": at(4).wall,
        "store_epoch": 1,
        "hold": False,
        "receipt_id": uuid4(),
        "key_id": "k1",
        **more,
    }
    signed = msgspec.json.encode(ReceiptContent(**values))
    return Receipt(content=signed, signature=KEY.sign(signed), **values)


@dataclass
class Station:
    """A ledger and a spool of one station, on real files."""

    folder: Path
    ledger: SqliteLedger
    spool: SpoolFolder
    session: UUID

    @property
    def path(self) -> Path:
        return self.folder / "ledger.db"

    def find(self, path: bytes = b"DCIM/A.MP4", content: bytes = b"abc", **more: object) -> UUID:
        asset_id = uuid4()
        self.ledger.commit(found(asset_id, self.session, path, len(content), **more))
        return asset_id

    def copy(self, asset_id: UUID, content: bytes, path: bytes = b"DCIM/A.MP4") -> None:
        """Put a durable copy with its sidecar into the spool."""
        sidecar = Sidecar(
            asset_id=asset_id,
            station=STATION,
            ledger_uuid=self.ledger.uuid,
            camera="cam-1",
            path_b64=encode_path(path),
            size=len(content),
            mtime_ns=1_700_000_000_000_000_000,
            kind="video",
            flagged=True,
            session=self.session,
            bay="folder:cam-1",
            docked_at=at().wall,
            sha256=hashlib.sha256(content).hexdigest(),
            recorded_at=at(-3600).wall,
            recorded_source="container",
            staged_at=at(2).wall,
        )
        copy = self.spool.begin(asset_id, len(content))
        copy.write(memoryview(content))
        copy.commit(encode_sidecar(sidecar), len(content))

    def stage(self, path: bytes = b"DCIM/A.MP4", content: bytes = b"abc") -> UUID:
        asset_id = self.find(path, content)
        self.copy(asset_id, content, path)
        self.ledger.commit(staged(asset_id, content))
        return asset_id

    def upload(self, path: bytes = b"DCIM/A.MP4", content: bytes = b"abc") -> UUID:
        asset_id = self.stage(path, content)
        self.ledger.commit(c.UploadIntended(at=at(3), asset_id=asset_id, attempt=1))
        self.ledger.commit(c.UploadOpened(at=at(3), asset_id=asset_id, url=f"https://central/{asset_id}"))
        self.ledger.commit(c.UploadAdvanced(at=at(3), asset_id=asset_id, offset=len(content)))
        self.ledger.commit(c.AssetUploaded(at=at(4), asset_id=asset_id))
        return asset_id

    def verified(self, path: bytes = b"DCIM/A.MP4", content: bytes = b"abc") -> UUID:
        asset_id = self.upload(path, content)
        self.ledger.commit(c.AssetVerified(at=at(5), asset_id=asset_id, receipt=receipt(asset_id, content)))
        return asset_id

    def erase(self, path: bytes = b"DCIM/A.MP4", content: bytes = b"abc") -> UUID:
        asset_id = self.verified(path, content)
        self.ledger.commit(c.EraseStarted(at=at(6), asset_id=asset_id, session=self.session))
        self.ledger.commit(c.AssetErased(at=at(7), asset_id=asset_id, session=self.session))
        return asset_id


def station_at(folder: Path) -> Station:
    folder.mkdir(parents=True, exist_ok=True)
    ledger = open_ledger(folder / "ledger.db", STATION, at(), expects_predecessor=False)
    station = Station(folder, ledger, SpoolFolder(folder / "spool", min_free=0), uuid4())
    ledger.commit(docked(station.session))
    return station
