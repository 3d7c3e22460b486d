"""The contract of `Mounter`."""

from __future__ import annotations

import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from agent.adapters.kernel_mounts import KernelMounter
from agent.adapters.mounts import FolderMounter
from agent.adapters.udisks_mounts import UdisksMounter
from agent.errors import CardGone, MountRefused
from agent.ports import Mounter
from agent.rules.footage import Presence
from agent.rules.volumes import is_same_volume
from simulator.cards import MemoryCard
from simulator.clock import SimulatedClock
from simulator.sources import MemoryMounter, ScriptedSource
from tests.leaving_nothing import loop_device
from tests.sources.dock_bus import DockBus
from tests.sources.loop_cards import card_image, usb_presence


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


class Loops(World):
    """A real file system on a loop device, for a mounter that mounts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._node = self._attached("first")
        self.presence = usb_presence(self._node, "ext4", uuid="")
        self.mounter = self._stack.enter_context(self._made())

    @contextmanager
    def _made(self) -> Iterator[Mounter]:
        yield KernelMounter(self._folder / "mounts")
        for root in (self._folder / "mounts").glob("*"):
            subprocess.run(["umount", "-l", str(root)], check=False, capture_output=True)

    def _attached(self, name: str, kind: str = "ext4") -> str:
        node = self._stack.enter_context(loop_device(card_image(self._folder / name, kind)))
        self.told(node, kind, name)
        return node

    def told(self, node: str, kind: str, uuid: str) -> None:
        """Whoever has to know of a new device learns of it."""

    def forgotten(self, node: str) -> None: ...

    def pull(self) -> None:
        self.forgotten(self._node)
        self.presence = replace(self.presence, device="/dev/no-such-card")

    def swap_card(self) -> None:
        self.presence = replace(self.presence, device=self._attached("second"))

    def spoil(self) -> None:
        self.presence = replace(self.presence, device=self._attached("spoilt", kind=""))

    def end(self) -> None:
        self._stack.close()


class OverUdisks(Loops):
    """The same through UDisks2's double, which really mounts."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._bus = DockBus(folder)
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", self._bus.environment["DBUS_SYSTEM_BUS_ADDRESS"])
        super().__init__(folder)

    @contextmanager
    def _made(self) -> Iterator[Mounter]:
        yield UdisksMounter(self._folder / "notes")
        self._bus.end()

    def told(self, node: str, kind: str, uuid: str) -> None:
        self._bus.add(node, kind, uuid, "BWC")

    def forgotten(self, node: str) -> None:
        self._bus.remove(node)


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


@pytest.fixture(
    params=[
        "memory",
        "folder",
        pytest.param("kernel", marks=pytest.mark.part("loop")),
        pytest.param("udisks", marks=[pytest.mark.part("loop"), pytest.mark.part("dbus")]),
    ]
)
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    if request.param == "memory":
        yield InMemory()
    elif request.param == "folder":
        yield Folders(tmp_path / "BWC1")
    else:
        with TemporaryDirectory() as short:  # of a socket's path
            loops = Loops(Path(short)) if request.param == "kernel" else OverUdisks(Path(short), monkeypatch)
            yield loops
            loops.end()


def test_a_mount_is_read_only_unless_asked_otherwise(world: World) -> None:
    read_only = world.mounter.mount(world.presence, writable=False)
    assert not read_only.writable
    world.mounter.release(read_only)
    writable = world.mounter.mount(world.presence, writable=True)
    assert writable.writable
    assert writable.volume == read_only.volume
    assert is_same_volume(read_only.volume, writable.volume)
    world.mounter.release(writable)


def test_another_card_in_the_same_place_has_another_volume(world: World) -> None:
    first = world.mounter.mount(world.presence, writable=False)
    world.mounter.release(first)
    world.swap_card()
    second = world.mounter.mount(world.presence, writable=False)
    assert not is_same_volume(first.volume, second.volume)
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
