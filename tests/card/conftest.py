"""One dock: a card in a plain folder, a spool, and two ways to work on them, in this process or in a child."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.card_worker import CardWorker
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.pipeline.stage import copy_file
from agent.pipeline.unlink import unlink_file
from agent.ports import EraseOrder, StageOrder
from agent.rules.footage import CardFile, EraseOutcome, MountedCard, StageOutcome, VolumeId
from protocol.sidecar import Sidecar, encode_path, encode_sidecar
from tests.card.fuse_camera import FuseCamera

STAGED_AT = datetime(2026, 11, 22, 14, 0, tzinfo=UTC)


def quiet(_done: int) -> None:
    """Nobody watches the progress."""


def no_pause(_seconds: float) -> None:
    """Retries follow each other at once."""


def eventually(is_true: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.01)


def mounted(root: Path, *, writable: bool = True) -> MountedCard:
    found = root.stat()
    return MountedCard(str(root), VolumeId(found.st_dev, found.st_ino), writable)


def listed(root: Path, path: bytes) -> CardFile:
    found = (root / path.decode("utf-8", "surrogateescape")).stat()
    return CardFile(path, found.st_size, found.st_mtime_ns)


def order_for(file: CardFile, asset_id: UUID | None = None, **extra: object) -> StageOrder:
    asset_id = asset_id or uuid4()
    draft = Sidecar(
        asset_id=asset_id,
        station="east-1",
        ledger_uuid=uuid4(),
        camera="BWC0412",
        path_b64=encode_path(file.path),
        size=file.size,
        mtime_ns=file.mtime_ns,
        kind="video",
    )
    return StageOrder(asset_id, file, encode_sidecar(draft), **extra)  # type: ignore[arg-type]


@dataclass
class Dock:
    card: Path
    spool: SpoolFolder
    workers: list[CardWorker] = field(default_factory=list)

    def write(self, path: str, content: bytes) -> CardFile:
        file = self.card / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return listed(self.card, path.encode())

    def staged(self, order: StageOrder, card: CameraCard | None = None) -> StageOutcome:
        """Copied in this process."""
        volume = mounted(self.card).volume
        with card or CameraCard(str(self.card)) as opened:
            return copy_file(opened, self.spool, order, quiet, volume=volume, now=lambda: STAGED_AT, pause=no_pause)

    def erased(self, order: EraseOrder, card: CameraCard | None = None) -> EraseOutcome:
        """Unlinked in this process."""
        volume = mounted(self.card).volume
        with card or CameraCard(str(self.card)) as opened:
            return unlink_file(opened, order, quiet, volume=volume, pause=no_pause)

    def worker(self, root: Path | None = None, *, stall_s: float = 30, writable: bool = True) -> CardWorker:
        """A child process that has opened the card."""
        worker = CardWorker(self.spool, SystemClock(), stall_s)
        self.workers.append(worker)
        worker.open(mounted(root or self.card, writable=writable))
        return worker

    def content(self, asset_id: UUID) -> bytes:
        copy = self.spool.open(asset_id)
        try:
            return copy.read_at(0, copy.size)
        finally:
            copy.close()

    def names(self) -> list[str]:
        return sorted(entry.name for entry in self.spool.path.iterdir())


@pytest.fixture
def dock(tmp_path: Path) -> Iterator[Dock]:
    card = tmp_path / "card"
    card.mkdir()
    dock = Dock(card, SpoolFolder(tmp_path / "spool", min_free=0))
    yield dock
    for worker in dock.workers:
        worker.close()


@pytest.fixture
def fuse(tmp_path: Path) -> Iterator[Callable[..., FuseCamera]]:
    """Mounts a folder as a faulty camera."""
    cameras: list[FuseCamera] = []

    def plug(folder: Path, name: str = "fuse") -> FuseCamera:
        cameras.append(FuseCamera(folder, tmp_path / name))
        return cameras[-1]

    yield plug
    for camera in cameras:
        camera.close()
