"""The contract of `SpoolDisk` and `Spool`: a copy is durable or it is not there."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Protocol
from uuid import UUID, uuid4

import pytest

from agent.adapters.spool_disk import SpoolFolder
from agent.errors import SpoolBroken, SpoolFull
from agent.ports import Spool, SpoolDisk
from simulator.disk import Inode
from simulator.spool import MemorySpool

MIB = 1 << 20
SIDECAR = b'{"camera":"S1"}'


class BothSides(SpoolDisk, Spool, Protocol):
    """One object plays the child's and the parent's side."""


class World(ABC):
    @abstractmethod
    def spool(self, min_free: int = 0) -> BothSides:
        """Opened anew: what a process finds that starts now."""

    @abstractmethod
    def stray(self, name: str, content: bytes = b"?") -> None:
        """Something in the spool's folder that no spool put there."""

    @abstractmethod
    def names(self) -> set[str]: ...


class InMemory(World):
    def __init__(self) -> None:
        self._spool = MemorySpool(total=64 * MIB)

    def spool(self, min_free: int = 0) -> BothSides:
        self._spool.min_free = min_free
        return self._spool

    def stray(self, name: str, content: bytes = b"?") -> None:
        self._spool.disk.names[name] = Inode(bytearray(content), content)

    def names(self) -> set[str]:
        return set(self._spool.disk.names)


class OnDisk(World):
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def spool(self, min_free: int = 0) -> BothSides:
        return SpoolFolder(self._folder, min_free)

    def stray(self, name: str, content: bytes = b"?") -> None:
        self._folder.mkdir(exist_ok=True)
        (self._folder / name).write_bytes(content)

    def names(self) -> set[str]:
        return {path.name for path in self._folder.iterdir()}


@pytest.fixture(params=["memory", "disk"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return InMemory() if request.param == "memory" else OnDisk(tmp_path / "spool")


@pytest.fixture(params=["memory", pytest.param("tmpfs", marks=pytest.mark.part("root"))])
def small_world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A disk of 64 MiB that nobody else writes to."""
    if request.param == "memory":
        yield InMemory()
        return
    mounted = tmp_path / "disk"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", mounted], check=True)
    try:
        yield OnDisk(mounted / "spool")
    finally:
        subprocess.run(["umount", mounted], check=True)


def _store(spool: BothSides, content: bytes, sidecar: bytes = SIDECAR) -> UUID:
    asset_id = uuid4()
    copy = spool.begin(asset_id, len(content))
    copy.write(memoryview(content))
    copy.commit(sidecar, len(content))
    return asset_id


@pytest.mark.parametrize("content", [b"", b"1", b"x" * 100_000])
def test_a_committed_copy_is_there_with_its_sidecar(world: World, content: bytes) -> None:
    asset_id = _store(world.spool(), content)
    spool = world.spool()
    assert spool.size(asset_id) == len(content)
    with closing(spool.open(asset_id)) as copy:
        assert copy.size == len(content)
        assert copy.read_at(0, len(content) + 10) == content
    assert list(spool.sidecars()) == [(asset_id, SIDECAR)]
    assert spool.orphans() == []


def test_a_copy_is_read_from_any_place(world: World) -> None:
    spool = world.spool()
    asset_id = _store(spool, bytes(range(200)))
    with closing(spool.open(asset_id)) as copy:
        assert copy.read_at(50, 10) == bytes(range(50, 60))
        assert copy.read_at(195, 10) == bytes(range(195, 200))
        assert copy.read_at(200, 10) == b""


def test_a_copy_is_nowhere_to_be_seen_before_it_is_committed(world: World) -> None:
    spool = world.spool()
    asset_id = uuid4()
    copy = spool.begin(asset_id, 10)
    copy.write(memoryview(b"0123456789"))
    assert spool.size(asset_id) is None
    assert list(spool.sidecars()) == []
    assert spool.orphans() == []
    with pytest.raises(FileNotFoundError):
        spool.open(asset_id)
    copy.abandon()


def test_a_copy_under_way_can_be_read_as_far_as_it_is_written_also_after_it_was_dropped(world: World) -> None:
    spool = world.spool()
    asset_id = uuid4()
    with pytest.raises(FileNotFoundError):
        spool.open_partial(asset_id)
    copy = spool.begin(asset_id, 10)
    copy.write(memoryview(b"01234"))
    with closing(spool.open_partial(asset_id)) as partial:
        assert partial.read_at(1, 4) == b"1234"
        copy.write(memoryview(b"56"))
        assert partial.read_at(4, 3) == b"456"
        copy.abandon()
        again = spool.begin(asset_id, 10)
        again.write(memoryview(b"abcdefghij"))
        assert partial.read_at(0, 7) == b"0123456", "another copy has another file"
    again.commit(SIDECAR, 10)
    with pytest.raises(FileNotFoundError):
        spool.open_partial(asset_id)


def test_an_abandoned_copy_leaves_nothing(world: World) -> None:
    spool = world.spool()
    copy = spool.begin(uuid4(), 10)
    copy.write(memoryview(b"01234"))
    copy.abandon()
    assert world.names() == set()
    assert spool.sweep() == 0


@pytest.mark.parametrize("written", [b"", b"0123", b"0123456789+"])
def test_a_copy_of_another_length_than_was_read_is_dropped(world: World, written: bytes) -> None:
    spool = world.spool()
    asset_id = uuid4()
    copy = spool.begin(asset_id, 10)
    copy.write(memoryview(written))
    with pytest.raises(SpoolBroken):
        copy.commit(SIDECAR, 10)
    assert spool.size(asset_id) is None
    assert world.names() == set()


def test_a_salvage_may_be_shorter_than_what_was_reserved(world: World) -> None:
    spool = world.spool()
    asset_id = uuid4()
    copy = spool.begin(asset_id, 1000)
    copy.write(memoryview(b"01234"))
    copy.commit(SIDECAR, 5)
    assert spool.size(asset_id) == 5


def test_no_copy_begins_when_less_than_the_reserve_would_be_left(small_world: World) -> None:
    spool = small_world.spool()
    free = spool.space().free
    asset_id = uuid4()
    with pytest.raises(SpoolFull):
        small_world.spool(min_free=free - 10 * MIB).begin(asset_id, 11 * MIB)
    assert small_world.names() == set()
    small_world.spool(min_free=free - 10 * MIB).begin(asset_id, 9 * MIB).abandon()


def test_what_one_bay_reserved_no_other_bay_gets(small_world: World) -> None:
    spool = small_world.spool()
    min_free = spool.space().free - 10 * MIB
    one = small_world.spool(min_free).begin(uuid4(), 6 * MIB)
    with pytest.raises(SpoolFull):
        small_world.spool(min_free).begin(uuid4(), 6 * MIB)
    one.abandon()
    small_world.spool(min_free).begin(uuid4(), 6 * MIB).abandon()


def test_space_tells_what_is_free_and_what_is_kept_free(small_world: World) -> None:
    spool = small_world.spool(min_free=7)
    before = spool.space()
    _store(spool, b"x" * MIB)
    after = spool.space()
    assert (before.min_free, after.min_free) == (7, 7)
    assert before.total == after.total
    assert MIB <= before.free - after.free < 2 * MIB


def test_what_a_dead_process_left_is_swept_and_copies_stay(world: World) -> None:
    kept = _store(world.spool(), b"kept")
    world.spool().begin(uuid4(), 10).write(memoryview(b"01234"))
    world.stray(f"{uuid4()}.json", SIDECAR)  # died between the sidecar and the copy's name
    spool = world.spool()
    assert list(spool.sidecars()) == [(kept, SIDECAR)]
    assert spool.sweep() == 2
    assert spool.sweep() == 0
    assert len(world.names()) == 2
    with closing(spool.open(kept)) as copy:
        assert copy.read_at(0, 10) == b"kept"


def test_the_same_asset_can_be_copied_again_after_its_process_died(world: World) -> None:
    asset_id = uuid4()
    world.spool().begin(asset_id, 10).write(memoryview(b"01234"))
    copy = world.spool().begin(asset_id, 4)
    copy.write(memoryview(b"abcd"))
    copy.commit(SIDECAR, 4)
    with closing(world.spool().open(asset_id)) as stored:
        assert stored.read_at(0, 99) == b"abcd"


def test_a_released_copy_is_gone_with_its_sidecar_and_can_be_released_again(world: World) -> None:
    spool = world.spool()
    kept, released = _store(spool, b"kept"), _store(spool, b"released")
    spool.release(released)
    spool.release(released)
    spool.release(uuid4())
    assert [asset_id for asset_id, _ in spool.sidecars()] == [kept]
    assert spool.size(released) is None
    assert len(world.names()) == 2


def test_strangers_are_named_and_never_swept(world: World) -> None:
    spool = world.spool()
    _store(spool, b"kept")
    world.stray("notes.txt")
    world.stray("not-a-uuid.footage")
    assert spool.orphans() == ["not-a-uuid.footage", "notes.txt"]
    assert spool.sweep() == 0
    assert {"notes.txt", "not-a-uuid.footage"} <= world.names()
    assert len(list(spool.sidecars())) == 1
