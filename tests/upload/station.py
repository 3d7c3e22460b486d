"""A station with a real ledger and a real spool, and files staged in it, ready to be uploaded."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.ledger.store import SqliteLedger, open_ledger
from agent.ports import Clock
from agent.rules.changes import AssetFound, AssetGone, AssetStaged, CameraDocked, CopyLost
from agent.rules.footage import Asset, FileKind

STATION = "east-1"


class Station:
    """`ledger`, `spool` and `clock` of one station under `folder`; `stage` adds a file."""

    def __init__(self, folder: Path, clock: Clock | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.clock: Clock = clock or SystemClock()
        self.spool = SpoolFolder(folder / "spool", 0)
        self.ledger: SqliteLedger = open_ledger(
            folder / "ledger.sqlite", STATION, self.clock.now(), expects_predecessor=False
        )
        self._sessions: dict[str, UUID] = {}

    def close(self) -> None:
        self.ledger.close()

    def stage(
        self,
        content: bytes,
        *,
        camera: str = "CAM1",
        path: bytes | None = None,
        flagged: bool = False,
        recorded_at: datetime | None = None,
    ) -> UUID:
        """A file of this camera, durable in the spool; its asset id."""
        asset_id, now = uuid4(), self.clock.now()
        self._copy(asset_id, content)
        self.ledger.commit(
            AssetFound(
                at=now,
                asset_id=asset_id,
                session=self._session(camera),
                camera=camera,
                bay="folder:1",
                path=path or f"DCIM/{asset_id}.MP4".encode(),
                size=len(content),
                mtime_ns=0,
                kind=FileKind.VIDEO,
                flagged=flagged,
                docked_at=now.wall,
            ),
            self._staged(asset_id, content, recorded_at),
        )
        return asset_id

    def restage(self, asset_id: UUID, content: bytes) -> None:
        """The copy is lost, and the card, which has other bytes now, is read again."""
        self.ledger.commit(CopyLost(at=self.clock.now(), asset_id=asset_id, reason="copy_missing"))
        self.spool.release(asset_id)
        self._copy(asset_id, content)
        self.ledger.commit(self._staged(asset_id, content, None))

    def asset(self, asset_id: UUID) -> Asset:
        asset = self.ledger.asset(asset_id)
        assert asset is not None
        return asset

    def rot(self, asset_id: UUID) -> None:
        """Flip a bit of the spool's copy."""
        path = self.folder / "spool" / f"{asset_id}.footage"
        path.chmod(0o600)
        with path.open("r+b") as file:
            byte = file.read(1)
            file.seek(0)
            file.write(bytes([byte[0] ^ 1]))

    def take_off_card(self, asset_id: UUID) -> None:
        """The card no longer has the file."""
        session = self.asset(asset_id).session
        assert session is not None
        self.ledger.commit(AssetGone(at=self.clock.now(), asset_id=asset_id, session=session))

    def _copy(self, asset_id: UUID, content: bytes) -> None:
        copy = self.spool.begin(asset_id, len(content))
        view = memoryview(content)
        while view:
            copy.write(view[: 1 << 20])
            view = view[1 << 20 :]
        copy.commit(b"{}", len(content))

    def _staged(self, asset_id: UUID, content: bytes, recorded_at: datetime | None) -> AssetStaged:
        return AssetStaged(
            at=self.clock.now(),
            asset_id=asset_id,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            recorded_at=recorded_at,
            recorded_source="mtime",
        )

    def _session(self, camera: str) -> UUID:
        if camera not in self._sessions:
            session, now = uuid4(), self.clock.now()
            self.ledger.commit(
                CameraDocked(
                    at=now,
                    session=session,
                    key=f"key-{camera}",
                    source="folder",
                    bay="folder:1",
                    bay_label="Bay 1",
                    camera=camera,
                    identity_source="marker",
                    identity_unique=True,
                    profile="generic",
                    proves_dock=True,
                    seen_at=now.wall,
                    absent_until=None,
                )
            )
            self._sessions[camera] = session
        return self._sessions[camera]
