"""A copy that grows as a test lets it, on a station with a real ledger and a real spool."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid4

from agent.pipeline.growing import Growing
from agent.rules.changes import AssetFound, AssetStaged
from agent.rules.footage import FileKind, StageOutcome, StageVerdict
from tests.upload.station import Station


class Copying:
    """One attempt at copying `content`; `asset_id`: it is a later one at the same file."""

    def __init__(self, station: Station, growing: Growing, content: bytes, asset_id: UUID | None = None) -> None:
        self.station, self.content, self.asset_id = station, content, asset_id or uuid4()
        now = station.clock.now()
        station.ledger.commit(
            AssetFound(
                at=now,
                asset_id=self.asset_id,
                session=station._session("CAM1"),
                camera="CAM1",
                bay="folder:1",
                path=b"DCIM/LONG.MP4",
                size=len(content),
                mtime_ns=hash(content),
                kind=FileKind.VIDEO,
                flagged=False,
                docked_at=now.wall,
            )
        )
        self._ends = growing.copying(station.asset(self.asset_id), len(content), rebuilt=False)
        self.growth = self._ends.__enter__()
        self.copy = station.spool.begin(self.asset_id, len(content))
        self.written = 0

    def write(self, size: int) -> None:
        """So many more bytes are read from the card."""
        self.copy.write(memoryview(self.content)[self.written : self.written + size])
        self.written = min(self.written + size, len(self.content))
        self.growth.grew(self.written)

    def stage(self) -> None:
        """To its end: durable, and the ledger knows."""
        self.write(len(self.content))
        sha256 = hashlib.sha256(self.content).hexdigest()
        self.copy.commit(b"{}", len(self.content))
        self.growth.copied(StageOutcome(StageVerdict.STAGED, sha256, len(self.content)))
        self.station.ledger.commit(
            AssetStaged(
                at=self.station.clock.now(),
                asset_id=self.asset_id,
                sha256=sha256,
                size=len(self.content),
                recorded_at=None,
                recorded_source="mtime",
            )
        )
        self._ends.__exit__(None, None, None)

    def drop(self) -> None:
        """It changed under us, or its camera was pulled."""
        self.copy.abandon()
        self.growth.copied(StageOutcome(StageVerdict.CHANGED))
        self._ends.__exit__(None, None, None)
