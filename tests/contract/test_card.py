"""The contract of `Card`: what a card promises, in memory and on a disk."""

from __future__ import annotations

import os
import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from agent.adapters.camera_card import CameraCard
from agent.errors import CardGone, Refused
from agent.ports import Card
from agent.rules.footage import CardFile, RefusedEntry, VolumeId
from simulator.cards import MemoryCard, MemoryFile

RECORDED_NS = 1_795_352_400_000_000_000


class World(ABC):
    card: Card
    volume: VolumeId

    @abstractmethod
    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None: ...
    @abstractmethod
    def remove(self, path: bytes) -> None: ...
    @abstractmethod
    def content(self, path: bytes) -> bytes: ...
    @abstractmethod
    def special(self, path: bytes, kind: str) -> None:
        """Put a `symlink` or a `fifo`."""

    @abstractmethod
    def pull(self) -> None: ...
    @abstractmethod
    def swap_volume(self) -> None:
        """Another volume appears where the card was."""


class InMemory(World):
    def __init__(self) -> None:
        self.card: MemoryCard = MemoryCard()
        self.volume = self.card.volume

    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None:
        there = self.card.files.setdefault(path, MemoryFile(b""))
        there.content, there.mtime_ns = content, mtime_ns

    def remove(self, path: bytes) -> None:
        del self.card.files[path]

    def content(self, path: bytes) -> bytes:
        return self.card.files[path].content

    def special(self, path: bytes, kind: str) -> None:
        self.card.files.pop(path, None)
        self.card.refused.append(RefusedEntry(path, kind))

    def pull(self) -> None:
        self.card.gone = True

    def swap_volume(self) -> None:
        self.card.volume = replace(self.card.volume, device=self.card.volume.device + 1000)


class OnDisk(World):
    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir()
        found = root.stat()
        self.volume = VolumeId(found.st_dev, found.st_ino)
        self.card: CameraCard = CameraCard(str(root))

    def _path(self, path: bytes) -> Path:
        return Path(os.fsdecode(os.fsencode(self._root) + b"/" + path))

    def put(self, path: bytes, content: bytes, mtime_ns: int = RECORDED_NS) -> None:
        self._path(path).parent.mkdir(parents=True, exist_ok=True)
        self._path(path).write_bytes(content)
        os.utime(self._path(path), ns=(mtime_ns, mtime_ns))

    def remove(self, path: bytes) -> None:
        self._path(path).unlink()

    def content(self, path: bytes) -> bytes:
        return self._path(path).read_bytes()

    def special(self, path: bytes, kind: str) -> None:
        self._path(path).unlink(missing_ok=True)
        if kind == "symlink":
            self._path(path).symlink_to("/etc/hostname")
        else:
            os.mkfifo(self._path(path))

    def pull(self) -> None:
        shutil.rmtree(self._root)

    def swap_volume(self) -> None:
        self._root.rename(self._root.with_name("elsewhere"))
        self._root.mkdir()


@pytest.fixture(params=["memory", "disk"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made: World = InMemory() if request.param == "memory" else OnDisk(tmp_path / "card")
    with closing(made.card):
        yield made


def _read(card: Card, path: bytes, step: int = 1000) -> bytes:
    pieces = []
    buffer = bytearray(step)
    with closing(card.open(path)) as reader:
        while got := reader.read_into(memoryview(buffer)):
            pieces.append(bytes(buffer[:got]))
    return b"".join(pieces)


def test_every_regular_file_is_listed_with_size_and_time(world: World) -> None:
    world.put(b"BWC.ID", b"S1\n", RECORDED_NS + 4_000_000_000)
    world.put(b"DCIM/20261122/a.MP4", b"x" * 3000)
    listing = world.card.list()
    assert set(listing.files) == {
        CardFile(b"BWC.ID", 3, RECORDED_NS + 4_000_000_000),
        CardFile(b"DCIM/20261122/a.MP4", 3000, RECORDED_NS),
    }
    assert listing.complete
    assert not listing.refused
    assert not listing.io_errors


@pytest.mark.parametrize(
    "name", [b"a\nb.mp4", b"\xff\xfe.mp4", "Z\u00fcrich \u2014 1.mp4".encode(), b"-rf *", b"n" * 255]
)
def test_a_name_is_raw_bytes_whatever_they_are(world: World, name: bytes) -> None:
    world.put(b"DCIM/" + name, b"content")
    assert [file.path for file in world.card.list().files] == [b"DCIM/" + name]
    assert _read(world.card, b"DCIM/" + name) == b"content"


@pytest.mark.parametrize("kind", ["symlink", "fifo"])
def test_what_is_no_regular_file_is_named_and_never_opened(world: World, kind: str) -> None:
    world.put(b"a.mp4", b"content")
    world.special(b"trap.mp4", kind)
    listing = world.card.list()
    assert [file.path for file in listing.files] == [b"a.mp4"]
    assert listing.refused == (RefusedEntry(b"trap.mp4", kind),)
    with pytest.raises(Refused):
        world.card.open(b"trap.mp4")
    with pytest.raises(Refused):
        world.card.unlink(b"trap.mp4")


def test_a_file_swapped_for_a_link_after_the_listing_is_not_opened(world: World) -> None:
    world.put(b"a.mp4", b"content")
    world.card.list()
    world.special(b"a.mp4", "symlink")
    with pytest.raises(Refused):
        world.card.open(b"a.mp4")


@pytest.mark.parametrize("path", [b"../outside", b"/etc/hostname", b"DCIM/../../x", b"DCIM//a.mp4", b"./a.mp4", b""])
def test_a_path_never_leads_out_of_the_card(world: World, path: bytes) -> None:
    world.put(b"DCIM/a.mp4", b"content")
    for attempt in (world.card.open, world.card.unlink):
        with pytest.raises(Refused):
            attempt(path)
    assert world.content(b"DCIM/a.mp4") == b"content"


def test_a_folder_is_no_file(world: World) -> None:
    world.put(b"DCIM/a.mp4", b"content")
    with pytest.raises(Refused):
        world.card.open(b"DCIM")
    with pytest.raises(Refused):
        world.card.unlink(b"DCIM")


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 100_000])
def test_a_file_is_read_whole_and_ends_once(world: World, size: int) -> None:
    content = bytes(index % 251 for index in range(size))
    world.put(b"a.mp4", content)
    assert _read(world.card, b"a.mp4") == content


def test_a_missing_file_is_told_apart_from_a_missing_card(world: World) -> None:
    world.put(b"a.mp4", b"content")
    for attempt in (world.card.open, world.card.unlink):
        with pytest.raises(FileNotFoundError):
            attempt(b"b.mp4")


def test_a_file_that_grows_or_is_rewritten_shows_it_in_its_stat(world: World) -> None:
    world.put(b"a.mp4", b"12345")
    with closing(world.card.open(b"a.mp4")) as reader:
        before = reader.stat()
        world.put(b"a.mp4", b"1234567890", RECORDED_NS + 2_000_000_000)
        assert (before, reader.stat()) == (
            CardFile(b"a.mp4", 5, RECORDED_NS),
            CardFile(b"a.mp4", 10, RECORDED_NS + 2_000_000_000),
        )


def test_a_file_cut_short_while_it_is_read_ends_early(world: World) -> None:
    world.put(b"a.mp4", b"x" * 5000)
    buffer = bytearray(1000)
    with closing(world.card.open(b"a.mp4")) as reader:
        assert reader.read_into(memoryview(buffer)) == 1000
        world.put(b"a.mp4", b"x" * 1000)
        assert reader.read_into(memoryview(buffer)) == 0
        assert reader.stat().size == 1000


def test_an_open_file_that_grows_is_read_on_from_where_it_ended(world: World) -> None:
    world.put(b"a.mp4", b"12345")
    buffer = bytearray(1000)
    with closing(world.card.open(b"a.mp4")) as reader:
        assert reader.read_into(memoryview(buffer)) == 5
        world.put(b"a.mp4", b"1234567890")
        assert reader.read_into(memoryview(buffer)) == 5
        assert bytes(buffer[:5]) == b"67890"
        assert reader.read_into(memoryview(buffer)) == 0


def test_unlink_removes_exactly_that_file(world: World) -> None:
    for name in (b"DCIM/a.mp4", b"DCIM/b.mp4", b"DCIM/A.MP4"):
        world.put(name, b"content")
    world.card.unlink(b"DCIM/a.mp4")
    world.card.sync()
    assert {file.path for file in world.card.list().files} == {b"DCIM/b.mp4", b"DCIM/A.MP4"}


@pytest.mark.parametrize("change", [(b"changed", RECORDED_NS), (b"12345", RECORDED_NS + 2_000_000_000)])
def test_unlink_refuses_a_file_that_changed_since_it_was_looked_at(world: World, change: tuple[bytes, int]) -> None:
    world.put(b"a.mp4", b"12345")
    with closing(world.card.open(b"a.mp4")) as reader:
        reader.stat()
        world.put(b"a.mp4", *change)
        with pytest.raises(Refused):
            world.card.unlink(b"a.mp4")
    assert world.content(b"a.mp4") == change[0]


def test_the_volume_is_proved_while_it_is_there(world: World) -> None:
    world.card.prove(world.volume)
    world.put(b"a.mp4", b"content")
    world.card.prove(world.volume)


def test_another_volume_in_the_same_place_is_noticed(world: World) -> None:
    world.put(b"a.mp4", b"content")
    world.swap_volume()
    with pytest.raises(CardGone):
        world.card.prove(world.volume)


def test_an_empty_card_lists_nothing_and_that_is_complete(world: World) -> None:
    listing = world.card.list()
    assert (listing.files, listing.refused, listing.complete) == ((), (), True)


def test_a_vanished_card_never_lists_as_an_empty_one(world: World) -> None:
    world.put(b"a.mp4", b"content")
    world.pull()
    with pytest.raises(CardGone):
        world.card.list()
    with pytest.raises(CardGone):
        world.card.prove(world.volume)
