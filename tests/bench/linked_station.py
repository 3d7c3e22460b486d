"""A station whose spool holds files that were there already, so that only the upload is measured."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from uuid import UUID, uuid4

from agent.rules.changes import AssetFound, AssetStaged
from agent.rules.footage import FileKind, State
from tests.upload.station import Station


class LinkedStation(Station):
    """`link` makes a file an asset that is durable in the spool; a real ledger knows of it."""

    def link(self, file: Path, sha256: str, camera: str = "BWC0412", *, flagged: bool = False) -> UUID:
        asset_id, now, size = uuid4(), self.clock.now(), file.stat().st_size
        os.link(file, self.folder / "spool" / f"{asset_id}.footage")
        found = AssetFound(
            at=now,
            asset_id=asset_id,
            session=self._session(camera),
            camera=camera,
            bay="folder:1",
            path=f"DCIM/{asset_id}.MP4".encode(),
            size=size,
            mtime_ns=0,
            kind=FileKind.VIDEO,
            flagged=flagged,
            docked_at=now.wall,
        )
        staged = AssetStaged(
            at=now, asset_id=asset_id, sha256=sha256, size=size, recorded_at=None, recorded_source="mtime"
        )
        self.ledger.commit(found, staged)
        return asset_id

    def count(self, *states: State) -> int:
        return sum(len(list(self.ledger.assets_in(state))) for state in states)


def digest_of(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
