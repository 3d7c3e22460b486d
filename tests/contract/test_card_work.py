"""The contract of `CardWork`: in one process over memory, and in a child process over real files."""

from __future__ import annotations

import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from agent.adapters.card_worker import CardWorker
from agent.adapters.spool_disk import SpoolFolder
from agent.adapters.system_clock import SystemClock
from agent.errors import CardGone
from agent.ports import CardWork, EraseOrder, Spool
from agent.rules.footage import CardFile, EraseVerdict, MountedCard, RefusedEntry, StageVerdict, VolumeId
from agent.rules.recording_time import TimeRule
from protocol.sidecar import Sidecar, decode_sidecar
from simulator.card_work import MemoryCardWork
from simulator.cards import MemoryCard, MemoryFile
from simulator.clips import CardPlan, clips_of, footage_of
from simulator.clock import SimulatedClock
from simulator.sources import MemoryMounter, ScriptedSource
from simulator.spool import MemorySpool
from tests.contract.orders import order_for

RECORDED_NS = 1_795_352_400_000_000_000
VIDEO = b"DCIM/20261122/BWC1_20261122140503_0001.MP4"
CLIP_PLAN = CardPlan("BWC1", datetime(2026, 11, 22, 15, tzinfo=UTC), files=1, size=64 * 1024)
MUCH = 1 << 60


class World(ABC):
    work: CardWork
    spool: Spool

    @abstractmethod
    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None: ...
    @abstractmethod
    def remove(self, path: bytes) -> None: ...
    @abstractmethod
    def link(self, path: bytes) -> None: ...
    @abstractmethod
    def content(self, path: bytes) -> bytes | None: ...
    @abstractmethod
    def mounted(self, *, writable: bool = False, dirty: bool = False) -> MountedCard: ...
    @abstractmethod
    def pull(self) -> None: ...
    @abstractmethod
    def swap_card(self) -> None:
        """Another card, with a copy of every file, appears in the same place."""


class InMemory(World):
    def __init__(self, min_free: int) -> None:
        self._presence = ScriptedSource(SimulatedClock()).dock("BWC1")
        self._card = MemoryCard()
        self._mounter = MemoryMounter()
        self._mounter.insert(self._presence, self._card)
        self.spool: MemorySpool = MemorySpool(min_free=min_free)
        self.work: MemoryCardWork = MemoryCardWork(self._mounter, self.spool, SimulatedClock())

    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None:
        self._card.files[path] = MemoryFile(content, mtime_ns)

    def remove(self, path: bytes) -> None:
        del self._card.files[path]

    def link(self, path: bytes) -> None:
        self._card.files.pop(path, None)
        self._card.refused.append(RefusedEntry(path, "symlink"))

    def content(self, path: bytes) -> bytes | None:
        file = self._card.files.get(path)
        return file and file.content

    def mounted(self, *, writable: bool = False, dirty: bool = False) -> MountedCard:
        self._mounter.dirty = dirty
        return self._mounter.mount(self._presence, writable=writable)

    def pull(self) -> None:
        self._mounter.pull(self._presence)

    def swap_card(self) -> None:
        other = MemoryCard()
        other.files = self._card.files
        self._card.volume = other.volume


class InAChild(World):
    def __init__(self, folder: Path, min_free: int) -> None:
        self._root = folder / "card"
        self._root.mkdir()
        self.spool: SpoolFolder = SpoolFolder(folder / "spool", min_free)
        self.work: CardWorker = CardWorker(self.spool, SystemClock(), stall_s=30.0)

    def _path(self, path: bytes) -> Path:
        return Path(os.fsdecode(os.fsencode(self._root) + b"/" + path))

    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None:
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).write_bytes(content)
        os.utime(self._path(path), ns=(mtime_ns, mtime_ns))

    def remove(self, path: bytes) -> None:
        self._path(path).unlink()

    def link(self, path: bytes) -> None:
        self._path(path).unlink(missing_ok=True)
        self._path(path).symlink_to("/etc/hostname")

    def content(self, path: bytes) -> bytes | None:
        return self._path(path).read_bytes() if self._path(path).exists() else None

    def mounted(self, *, writable: bool = False, dirty: bool = False) -> MountedCard:
        found = self._root.stat()
        return MountedCard(str(self._root), VolumeId(found.st_dev, found.st_ino), writable, dirty)

    def pull(self) -> None:
        shutil.rmtree(self._root)

    def swap_card(self) -> None:
        self._root.rename(self._root.with_name("first"))
        shutil.copytree(self._root.with_name("first"), self._root)


@pytest.fixture(params=["memory", "child"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def world(kind: str, tmp_path: Path) -> Iterator[World]:
    made: World = InMemory(0) if kind == "memory" else InAChild(tmp_path, 0)
    with closing(made.work):
        yield made


@pytest.fixture
def full_world(kind: str, tmp_path: Path) -> Iterator[World]:
    """A station whose spool has no room."""
    made: World = InMemory(MUCH) if kind == "memory" else InAChild(tmp_path, MUCH)
    with closing(made.work):
        yield made


def _clip(*, whole: bool = True) -> bytes:
    clip = clips_of(CLIP_PLAN)[0 if whole else -1]
    return b"".join(bytes(block) for block in footage_of(CLIP_PLAN, clip).blocks())


def _listed(world: World, path: bytes = VIDEO) -> CardFile:
    return next(file for file in world.work.list().files if file.path == path)


def _nothing(_done: int) -> None: ...


def _copies(world: World) -> dict[UUID, Sidecar]:
    return {asset_id: decode_sidecar(sidecar) for asset_id, sidecar in world.spool.sidecars()}


def _assert_spool_is_empty(world: World) -> None:
    assert list(world.spool.sidecars()) == []
    assert world.spool.orphans() == []
    assert world.spool.sweep() == 0


# --- stage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 4096, 3_000_001])
def test_a_staged_file_is_in_the_spool_byte_for_byte_with_a_completed_sidecar(world: World, size: int) -> None:
    content = bytes(index * 7 % 251 for index in range(size))
    world.put(VIDEO, content)
    world.work.open(world.mounted())
    order = order_for(_listed(world))
    outcome = world.work.stage(order, _nothing)
    assert (outcome.verdict, outcome.size) == (StageVerdict.STAGED, size)
    assert outcome.sha256 == hashlib.sha256(content).hexdigest()
    with closing(world.spool.open(order.asset_id)) as copy:
        assert copy.read_at(0, size + 1) == content
    sidecar = _copies(world)[order.asset_id]
    assert (sidecar.sha256, sidecar.size, sidecar.salvage) == (outcome.sha256, size, False)
    assert (sidecar.asset_id, sidecar.path, sidecar.camera) == (order.asset_id, VIDEO, "BWC1")
    assert sidecar.staged_at is not None
    assert world.content(VIDEO) == content


def test_the_time_of_recording_comes_from_the_video_itself(world: World) -> None:
    world.put(VIDEO, _clip())
    world.work.open(world.mounted())
    outcome = world.work.stage(order_for(_listed(world)), _nothing)
    assert (outcome.recorded_at, outcome.recorded_source) == (clips_of(CLIP_PLAN)[0].started_at, "container")


def test_a_half_written_clip_is_staged_and_its_time_comes_from_its_name_or_at_last_from_the_disk(
    world: World,
) -> None:
    world.put(VIDEO, _clip(whole=False))
    world.work.open(world.mounted())
    pattern = r"(?P<year>20\d\d)(?P<month>\d\d)(?P<day>\d\d)(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)"
    named = world.work.stage(order_for(_listed(world), time=TimeRule(name_patterns=(pattern,))), _nothing)
    assert (named.verdict, named.recorded_source) == (StageVerdict.STAGED, "name")
    assert named.recorded_at == datetime(2026, 11, 22, 14, 5, 3, tzinfo=UTC)
    dated = world.work.stage(order_for(_listed(world)), _nothing)
    assert dated.recorded_source == "mtime"
    assert dated.recorded_at == datetime.fromtimestamp(RECORDED_NS / 1e9, UTC)


def test_progress_grows_and_never_passes_the_end(world: World) -> None:
    world.put(VIDEO, bytes(5_000_000))
    world.work.open(world.mounted())
    told: list[int] = []
    world.work.stage(order_for(_listed(world)), told.append)
    # A child tells at most ten times a second, so perhaps never for a quick copy.
    assert told or isinstance(world, InAChild)
    assert told == sorted(told)
    assert all(0 < done <= 5_000_000 for done in told)


@pytest.mark.parametrize("change", [(b"longer than before", RECORDED_NS), (b"12345678", RECORDED_NS + 2_000_000_000)])
def test_a_file_that_changed_since_the_listing_is_not_taken(world: World, change: tuple[bytes, int]) -> None:
    world.put(VIDEO, b"abcdefgh")
    world.work.open(world.mounted())
    file = _listed(world)
    world.put(VIDEO, *change)
    assert world.work.stage(order_for(file), _nothing).verdict is StageVerdict.CHANGED
    assert world.work.digest(file, _nothing).verdict is StageVerdict.CHANGED
    _assert_spool_is_empty(world)
    assert world.work.stage(order_for(_listed(world)), _nothing).verdict is StageVerdict.STAGED


def test_a_file_that_vanished_is_told_apart_from_a_camera_that_left(world: World) -> None:
    world.put(VIDEO, b"content")
    world.put(b"other.MP4", b"other")
    world.work.open(world.mounted())
    file = _listed(world)
    world.remove(VIDEO)
    assert world.work.stage(order_for(file), _nothing).verdict is StageVerdict.VANISHED
    _assert_spool_is_empty(world)


def test_a_file_swapped_for_a_link_is_not_followed(world: World) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted())
    file = _listed(world)
    world.link(VIDEO)
    assert world.work.stage(order_for(file), _nothing).verdict is StageVerdict.CHANGED
    _assert_spool_is_empty(world)


def test_a_full_spool_leaves_the_file_on_the_card_and_nothing_behind(full_world: World) -> None:
    full_world.put(VIDEO, b"content")
    full_world.work.open(full_world.mounted())
    file = _listed(full_world)
    assert full_world.work.stage(order_for(file), _nothing).verdict is StageVerdict.SPOOL_FULL
    _assert_spool_is_empty(full_world)
    assert full_world.content(VIDEO) == b"content"
    assert full_world.work.digest(file, _nothing).sha256 == hashlib.sha256(b"content").hexdigest()


# --- digest, small reads --------------------------------------------------------------------------------


def test_a_digest_reads_every_byte_and_copies_none(world: World) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted())
    outcome = world.work.digest(_listed(world), _nothing)
    assert (outcome.verdict, outcome.size) == (StageVerdict.STAGED, 7)
    assert outcome.sha256 == hashlib.sha256(b"content").hexdigest()
    _assert_spool_is_empty(world)


def test_a_marker_is_read_up_to_its_limit_or_is_not_there(world: World) -> None:
    world.put(b"BWC.ID", b"BWC0412\n")
    world.link(b"LINK.ID")
    world.work.open(world.mounted())
    assert world.work.read_small(b"BWC.ID", 100) == b"BWC0412\n"
    assert world.work.read_small(b"BWC.ID", 3) == b"BWC"
    assert world.work.read_small(b"NOTHING.ID", 100) is None
    assert world.work.read_small(b"LINK.ID", 100) is None


# --- erase ------------------------------------------------------------------------------------------------


def test_exactly_the_receipted_file_is_unlinked(world: World) -> None:
    for path in (VIDEO, VIDEO + b".JSON"):
        world.put(path, b"content")
    world.work.open(world.mounted())
    file = _listed(world)
    sha256 = str(world.work.digest(file, _nothing).sha256)
    world.work.open(world.mounted(writable=True))
    assert world.work.erase(EraseOrder(file, sha256), _nothing).verdict is EraseVerdict.UNLINKED
    assert world.content(VIDEO) is None
    assert world.content(VIDEO + b".JSON") == b"content"
    assert world.work.erase(EraseOrder(file, sha256), _nothing).verdict is EraseVerdict.ABSENT


@pytest.mark.parametrize(
    ("content", "mtime_ns"),
    [
        (b"CONTENT", RECORDED_NS),  # the same size and time, other bytes
        (b"content", RECORDED_NS + 1_000_000_000),
        (b"content and more", RECORDED_NS),
    ],
)
def test_a_file_that_is_not_what_was_receipted_stays(world: World, content: bytes, mtime_ns: int) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted(writable=True))
    file = _listed(world)
    world.put(VIDEO, content, mtime_ns)
    order = EraseOrder(file, hashlib.sha256(b"content").hexdigest())
    assert world.work.erase(order, _nothing).verdict is EraseVerdict.DIFFERS
    assert world.content(VIDEO) == content


@pytest.mark.parametrize("mount", [{"writable": False}, {"writable": True, "dirty": True}])
def test_nothing_is_erased_from_a_read_only_or_dirty_card(world: World, mount: dict[str, bool]) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted(**mount))
    order = EraseOrder(_listed(world), hashlib.sha256(b"content").hexdigest())
    assert world.work.erase(order, _nothing).verdict is EraseVerdict.NOT_WRITABLE
    assert world.content(VIDEO) == b"content"


# --- the camera leaves --------------------------------------------------------------------------------------


def _assert_every_call_says_gone(world: World, file: CardFile) -> None:
    order = EraseOrder(file, hashlib.sha256(b"content").hexdigest())
    for call in (
        lambda: world.work.list(),
        lambda: world.work.stage(order_for(file), _nothing),
        lambda: world.work.digest(file, _nothing),
        lambda: world.work.read_small(b"BWC.ID", 10),
        lambda: world.work.erase(order, _nothing),
    ):
        with pytest.raises(CardGone):
            call()


def test_after_the_camera_was_pulled_every_call_says_so_and_nothing_is_kept(world: World) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted(writable=True))
    file = _listed(world)
    world.pull()
    _assert_every_call_says_gone(world, file)
    _assert_spool_is_empty(world)


def test_another_card_in_its_place_is_neither_read_nor_erased_from(world: World) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted(writable=True))
    file = _listed(world)
    world.swap_card()
    _assert_every_call_says_gone(world, file)
    _assert_spool_is_empty(world)
    assert world.content(VIDEO) == b"content"


def test_nothing_works_before_a_card_was_opened(world: World) -> None:
    with pytest.raises(CardGone):
        world.work.list()


def test_after_close_every_call_says_gone_and_close_may_come_again(world: World) -> None:
    world.put(VIDEO, b"content")
    world.work.open(world.mounted())
    file = _listed(world)
    world.work.close()
    world.work.close()
    _assert_every_call_says_gone(world, file)
    with pytest.raises(CardGone):
        world.work.open(world.mounted())
