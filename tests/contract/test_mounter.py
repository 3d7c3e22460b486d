"""The contract of `Mounter`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import pytest

from agent.adapters.mounts import FolderMounter
from agent.errors import CardGone, MountRefused
from agent.ports import Mounter
from agent.rules.footage import Presence
from simulator.cards import MemoryCard
from simulator.clock import SimulatedClock
from simulator.sources import MemoryMounter, ScriptedSource


class World(ABC):
    mounter: Mounter
    presence: Presence

    @abstractmethod
    def pull(self) -> None: ...
    @abstractmethod
    def swap_card(self) -> None:
        """Another card behind the same presence."""

    @abstractmethod
    def spoil(self) -> None:
        """What is there cannot be mounted."""


class InMemory(World):
    def __init__(self) -> None:
        self.mounter: MemoryMounter = MemoryMounter()
        self.presence = ScriptedSource(SimulatedClock()).dock("BWC1")
        self.mounter.insert(self.presence, MemoryCard())

    def pull(self) -> None:
        self.mounter.pull(self.presence)

    def swap_card(self) -> None:
        self.mounter.insert(self.presence, MemoryCard())

    def spoil(self) -> None:
        self.mounter.refuses = "unknown file system"


class Folders(World):
    def __init__(self, folder: Path) -> None:
        self.mounter = FolderMounter()
        self._folder = folder
        folder.mkdir()
        now = SimulatedClock().now()
        self.presence = Presence("key", "folder", "folder:BWC1", now, None, directory=str(folder))

    def pull(self) -> None:
        self._folder.rmdir()

    def swap_card(self) -> None:
        self._folder.rename(self._folder.with_name("other"))
        self._folder.mkdir()

    def spoil(self) -> None:
        self._folder.rmdir()
        self._folder.write_bytes(b"no folder")


@pytest.fixture(params=["memory", "folder"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    return InMemory() if request.param == "memory" else Folders(tmp_path / "BWC1")


def test_a_mount_is_read_only_unless_asked_otherwise(world: World) -> None:
    read_only = world.mounter.mount(world.presence, writable=False)
    assert not read_only.writable
    world.mounter.release(read_only)
    writable = world.mounter.mount(world.presence, writable=True)
    assert writable.writable
    assert (writable.root, writable.volume) == (read_only.root, read_only.volume)
    world.mounter.release(writable)


def test_another_card_in_the_same_place_has_another_volume(world: World) -> None:
    first = world.mounter.mount(world.presence, writable=False)
    world.mounter.release(first)
    world.swap_card()
    second = world.mounter.mount(world.presence, writable=False)
    assert first.volume != second.volume
    world.mounter.release(second)


@pytest.mark.parametrize("writable", [False, True])
def test_a_device_that_left_is_not_mounted(world: World, writable: bool) -> None:
    world.pull()
    with pytest.raises(CardGone):
        world.mounter.mount(world.presence, writable=writable)


def test_what_cannot_be_mounted_is_refused(world: World) -> None:
    world.spoil()
    with pytest.raises(MountRefused):
        world.mounter.mount(world.presence, writable=False)


@pytest.mark.parametrize("writable", [False, True])
def test_release_may_be_called_again_and_after_the_device_left(world: World, writable: bool) -> None:
    card = world.mounter.mount(world.presence, writable=writable)
    world.mounter.release(card)
    world.mounter.release(card)
    again = world.mounter.mount(world.presence, writable=writable)
    world.pull()
    world.mounter.release(again)
