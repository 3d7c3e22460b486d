"""The contract of `Card` and `CardWork` on a card with faults: in memory, and on a real file system that fails."""

from __future__ import annotations

import hashlib
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest

from agent.adapters.camera_card import CameraCard
from agent.adapters.card_worker import CardWorker
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.errors import CardGone, CardStalled, CardUnreadable
from agent.ports import Card, CardWork, EraseOrder, Spool
from agent.rules.footage import CardFile, EraseVerdict, MountedCard, StageVerdict, VolumeId
from protocol.sidecar import decode_sidecar
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard, MemoryFile
from simulator.clock import SimulatedClock
from simulator.sources import MemoryMounter, ScriptedSource
from simulator.spool import MemorySpool
from tests.card.fuse_camera import FuseCamera
from tests.contract.orders import order_for

PAGE = 4096
BAD = 16 * PAGE
"""Where the card cannot be read."""
CONTENT = bytes(index % 249 for index in range(32 * PAGE))
STALL_S = 6.0
"""Longer than the longest pause before a bad place is asked again."""
VIDEO, OTHER = b"DCIM/a.MP4", b"DCIM/b.MP4"


class World(ABC):
    card: Card
    work: CardWork
    spool: Spool
    mounted: MountedCard

    @abstractmethod
    def break_at(self, offset: int) -> None:
        """Nothing of VIDEO at `offset` or behind can be read."""

    @abstractmethod
    def break_folder(self) -> None: ...
    @abstractmethod
    def vanish(self) -> None:
        """The device answers no call any more."""

    @abstractmethod
    def hang(self) -> None: ...
    @abstractmethod
    def holds(self, path: bytes) -> bool: ...


class InMemory(World):
    def __init__(self) -> None:
        presence = ScriptedSource(SimulatedClock()).dock("BWC1")
        self.card: MemoryCard = MemoryCard({VIDEO: CONTENT, OTHER: b"other"})
        mounter = MemoryMounter()
        mounter.insert(presence, self.card)
        self.mounted = mounter.mount(presence, writable=True)
        self.spool = MemorySpool()
        self.work = MemoryCardWork(mounter, self.spool, SimulatedClock())

    def _video(self) -> MemoryFile:
        return self.card.files[VIDEO]

    def break_at(self, offset: int) -> None:
        self._video().unreadable_from = offset

    def break_folder(self) -> None:
        self.card.unreadable_folders.append("DCIM: input/output error")

    def vanish(self) -> None:
        self.card.gone = True

    def hang(self) -> None:
        self.card.hangs = True

    def holds(self, path: bytes) -> bool:
        return path in self.card.files


class OnFuse(World):
    def __init__(self, folder: Path, closing_stack: ExitStack) -> None:
        self._backing = folder / "backing"
        (self._backing / "DCIM").mkdir(parents=True)
        (self._backing / "DCIM/a.MP4").write_bytes(CONTENT)
        (self._backing / "DCIM/b.MP4").write_bytes(b"other")
        self._camera = FuseCamera(self._backing, folder / "mount")
        closing_stack.callback(self._camera.close)
        root = str(self._camera.mount)
        found = self._camera.mount.stat()
        self.mounted = MountedCard(root, VolumeId(found.st_dev, found.st_ino), writable=True)
        self.card: CameraCard = CameraCard(root)
        closing_stack.callback(self.card.close)
        self.spool: SpoolFolder = SpoolFolder(folder / "spool", 0)
        self.work = CardWorker(self.spool, SystemClock(), stall_s=STALL_S)
        closing_stack.callback(self.work.close)

    def break_at(self, offset: int) -> None:
        self._camera.fault(mode="eio", match="/DCIM/a.MP4", after=offset)

    def break_folder(self) -> None:
        self._camera.fault(mode="eio_list", match="/DCIM*")

    def vanish(self) -> None:
        self._camera.fault(mode="gone")

    def hang(self) -> None:
        self._camera.fault(mode="hang")

    def holds(self, path: bytes) -> bool:
        return (self._backing / path.decode()).exists()


@pytest.fixture(params=["memory", pytest.param("fuse", marks=pytest.mark.part("fuse"))])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    with ExitStack() as stack:
        yield InMemory() if request.param == "memory" else OnFuse(tmp_path, stack)


def _nothing(_done: int) -> None: ...


def _listed(world: World) -> CardFile:
    return next(file for file in world.card.list().files if file.path == VIDEO)


def _spooled(world: World) -> list[str]:
    return [str(asset_id) for asset_id, _ in world.spool.sidecars()] + world.spool.orphans()


# --- Card ---------------------------------------------------------------------------------------------


def test_what_lies_before_the_bad_place_is_read_and_the_bad_place_says_so_each_time(world: World) -> None:
    world.break_at(BAD)
    buffer = bytearray(PAGE)
    seen = bytearray()
    with closing(world.card.open(VIDEO)) as reader:
        while len(seen) < BAD:
            got = reader.read_into(memoryview(buffer))
            seen += buffer[:got]
        for _ in range(2):
            with pytest.raises(CardUnreadable):
                reader.read_into(memoryview(buffer))
        assert reader.stat().size == len(CONTENT)
    assert bytes(seen) == CONTENT[:BAD]


def test_a_read_that_failed_did_not_move_on(world: World) -> None:
    world.break_at(2 * PAGE)
    with closing(world.card.open(VIDEO)) as reader:
        with pytest.raises(CardUnreadable):
            reader.read_into(memoryview(bytearray(4 * PAGE))) and reader.read_into(memoryview(bytearray(4 * PAGE)))
        world.break_at(len(CONTENT))
        rest = bytearray(64 * PAGE)
        got = reader.read_into(memoryview(rest))
    assert CONTENT.endswith(bytes(rest[:got]))
    assert got >= len(CONTENT) - 2 * PAGE


def test_a_folder_that_cannot_be_read_makes_the_listing_incomplete(world: World) -> None:
    world.break_folder()
    listing = world.card.list()
    assert not listing.complete
    assert listing.io_errors


def test_a_device_that_vanished_is_gone_to_every_call(world: World) -> None:
    reader = world.card.open(VIDEO)
    world.vanish()
    with closing(reader), pytest.raises(CardGone):
        reader.read_into(memoryview(bytearray(PAGE)))
    for call in (
        lambda: world.card.prove(world.mounted.volume),
        lambda: world.card.list(),
        lambda: world.card.open(VIDEO),
        lambda: world.card.unlink(VIDEO),
    ):
        with pytest.raises(CardGone):
            call()
    assert world.holds(VIDEO)


# --- CardWork -----------------------------------------------------------------------------------------


def test_what_can_be_read_of_a_broken_file_is_kept_as_a_salvage_of_its_own(world: World) -> None:
    world.work.open(world.mounted)
    file = _listed(world)
    world.break_at(BAD)
    salvage = uuid4()
    outcome = world.work.stage(order_for(file, salvage_id=salvage), _nothing)
    assert (outcome.verdict, outcome.size) == (StageVerdict.SALVAGED, BAD)
    assert outcome.sha256 == hashlib.sha256(CONTENT[:BAD]).hexdigest()
    ((asset_id, sidecar),) = world.spool.sidecars()
    assert asset_id == salvage
    assert decode_sidecar(sidecar).salvage
    assert (decode_sidecar(sidecar).asset_id, decode_sidecar(sidecar).size) == (salvage, BAD)
    with closing(world.spool.open(salvage)) as copy:
        assert copy.read_at(0, copy.size) == CONTENT[:BAD]
    assert world.holds(VIDEO)


def test_a_file_that_cannot_be_read_at_all_leaves_nothing_in_the_spool(world: World) -> None:
    world.work.open(world.mounted)
    file = _listed(world)
    world.break_at(0)
    order = order_for(file, salvage_id=uuid4())
    assert world.work.stage(order, _nothing).verdict is StageVerdict.UNREADABLE
    assert world.work.digest(file, _nothing).verdict is StageVerdict.UNREADABLE
    assert _spooled(world) == []
    assert world.spool.sweep() == 0


def test_a_file_that_cannot_be_compared_is_not_erased(world: World) -> None:
    world.work.open(world.mounted)
    file = _listed(world)
    world.break_at(BAD)
    order = EraseOrder(file, hashlib.sha256(CONTENT).hexdigest())
    assert world.work.erase(order, _nothing).verdict is EraseVerdict.UNREADABLE
    assert world.holds(VIDEO)


def test_a_device_that_vanishes_ends_the_work_and_leaves_no_copy(world: World) -> None:
    world.work.open(world.mounted)
    file = _listed(world)
    world.vanish()
    with pytest.raises(CardGone):
        world.work.stage(order_for(file), _nothing)
    world.work.close()
    assert _spooled(world) == []
    assert world.holds(VIDEO)


def test_a_card_that_hangs_is_stalled_and_can_be_closed_at_once(world: World) -> None:
    world.work.open(world.mounted)
    file = _listed(world)
    world.hang()
    with pytest.raises(CardStalled):
        world.work.stage(order_for(file), _nothing)
    started = time.monotonic()
    world.work.close()
    assert time.monotonic() - started < 5
    assert _spooled(world) == []
