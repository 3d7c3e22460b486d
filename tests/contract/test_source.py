"""The contract of `DeviceSource`: events are hints, `truth()` counts, and not looking is not absence."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.adapters.folders import FolderSource
from agent.adapters.system_clock import SystemClock
from agent.ports import Clock, DeviceSource
from agent.rules.footage import Presence
from simulator.clock import SimulatedClock
from simulator.sources import ScriptedSource
from tests.contract.deadline import eventually


class World(ABC):
    source: DeviceSource
    clock: Clock

    @abstractmethod
    def dock(self, camera: str) -> None: ...
    @abstractmethod
    def undock(self, camera: str) -> None: ...
    @abstractmethod
    def replug(self, camera: str) -> None: ...
    @abstractmethod
    def lose_watch(self) -> None: ...
    @abstractmethod
    def regain_watch(self) -> None: ...


class Scripted(World):
    def __init__(self) -> None:
        self.clock: SimulatedClock = SimulatedClock()
        self.source: ScriptedSource = ScriptedSource(self.clock)
        self._docked: dict[str, Presence] = {}

    def dock(self, camera: str) -> None:
        self.clock.advance(1)
        self._docked[camera] = self.source.dock(camera)

    def undock(self, camera: str) -> None:
        self.clock.advance(1)
        self.source.undock(self._docked.pop(camera))

    def replug(self, camera: str) -> None:
        self.clock.advance(1)
        self._docked[camera] = self.source.replug(self._docked[camera])

    def lose_watch(self) -> None:
        self.clock.advance(1)
        self.source.lose_watch()
        self.clock.advance(1)

    def regain_watch(self) -> None:
        self.clock.advance(1)
        self.source.regain_watch()


class Folders(World):
    def __init__(self, base: Path) -> None:
        self._base = base
        base.mkdir()
        self.clock = SystemClock()
        self.source: FolderSource = FolderSource(base, "dock", 0.1, self.clock)

    def dock(self, camera: str) -> None:
        base = self._base if self._base.exists() else self._base.with_name("unmounted")
        (base / camera).mkdir()

    def undock(self, camera: str) -> None:
        shutil.rmtree(self._base / camera)

    def replug(self, camera: str) -> None:
        (self._base / camera).rename(self._base.with_name(camera))
        self._base.with_name(camera).rename(self._base / camera)

    def lose_watch(self) -> None:
        self._base.rename(self._base.with_name("unmounted"))

    def regain_watch(self) -> None:
        self._base.with_name("unmounted").rename(self._base)


@pytest.fixture(params=["scripted", "folders"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    made: World = Scripted() if request.param == "scripted" else Folders(tmp_path / "cameras")
    yield made
    made.source.close()


def _present(world: World) -> dict[str, Presence]:
    return {presence.facts["folder_name"]: presence for presence in world.source.truth().present.values()}


def test_a_camera_that_was_there_before_the_start_is_in_the_first_truth_and_never_seen_absent(world: World) -> None:
    world.dock("BWC1")
    world.source.start(lambda: None)
    assert _present(world)["BWC1"].absent_until is None


def test_nothing_docked_is_an_empty_truth_of_a_listening_source(world: World) -> None:
    world.source.start(lambda: None)
    truth = world.source.truth()
    assert truth.present == {}
    assert truth.listening


def test_a_dock_wakes_and_knows_until_when_the_camera_was_absent(world: World) -> None:
    woken: list[int] = []
    world.source.start(lambda: woken.append(1))
    before = world.source.truth().at
    world.dock("BWC1")
    eventually(lambda: bool(woken))
    presence = _present(world)["BWC1"]
    assert presence.absent_until is not None
    assert before.monotonic_ns <= presence.absent_until.monotonic_ns <= presence.seen_at.monotonic_ns
    assert presence.absent_until.boot_id == before.boot_id


def test_an_undock_wakes_and_the_camera_is_gone_from_the_truth(world: World) -> None:
    woken: list[int] = []
    world.source.start(lambda: woken.append(1))
    world.dock("BWC1")
    world.dock("BWC2")
    assert set(_present(world)) == {"BWC1", "BWC2"}
    world.undock("BWC1")
    eventually(lambda: len(woken) >= 2)
    assert set(_present(world)) == {"BWC2"}


def test_a_camera_keeps_its_key_as_long_as_it_stays(world: World) -> None:
    world.source.start(lambda: None)
    world.dock("BWC1")
    first = _present(world)["BWC1"]
    world.dock("BWC2")
    assert _present(world)["BWC1"] == first


def test_a_camera_pulled_and_put_back_between_two_truths_has_another_key(world: World) -> None:
    world.source.start(lambda: None)
    world.dock("BWC1")
    first = _present(world)["BWC1"]
    world.replug("BWC1")
    eventually(lambda: _present(world)["BWC1"].key != first.key)
    assert len(_present(world)) == 1


def test_two_cameras_have_two_keys_and_two_bays(world: World) -> None:
    world.source.start(lambda: None)
    world.dock("BWC1")
    world.dock("BWC2")
    one, other = _present(world).values()
    assert one.key != other.key
    assert one.bay != other.bay


def test_a_source_that_cannot_look_says_so_and_takes_nobody_to_have_left(world: World) -> None:
    world.source.start(lambda: None)
    world.dock("BWC1")
    docked = _present(world)
    world.lose_watch()
    eventually(lambda: not world.source.truth().listening)
    assert _present(world) == docked
    kinds = [event.kind for event in world.source.events()]
    assert kinds == ["bay_trouble"]


def test_a_gap_in_watching_is_told_once_with_its_beginning_and_then_it_listens_again(world: World) -> None:
    world.source.start(lambda: None)
    world.dock("BWC1")
    watched = world.source.truth().at
    world.lose_watch()
    eventually(lambda: not world.source.truth().listening)
    lost = world.source.truth().at
    world.source.events()
    world.regain_watch()
    first = world.source.truth()
    assert not first.listening, "the first truth after a gap still belongs to it"
    eventually(lambda: world.source.truth().listening)
    (gap,) = world.source.events()
    assert gap.kind == "watch_gap"
    assert gap.since is not None
    assert watched.monotonic_ns <= gap.since.monotonic_ns <= lost.monotonic_ns
    assert world.source.events() == []
    assert set(_present(world)) == {"BWC1"}


def test_a_camera_that_came_during_a_gap_was_provably_absent_only_before_it(world: World) -> None:
    world.source.start(lambda: None)
    watched = world.source.truth().at
    world.lose_watch()
    eventually(lambda: not world.source.truth().listening)
    lost = world.clock.now()
    world.dock("BWC1")
    world.regain_watch()
    presence = _present(world)["BWC1"]
    assert presence.absent_until is not None
    assert presence.absent_until.boot_id == lost.boot_id
    assert watched.monotonic_ns <= presence.absent_until.monotonic_ns < lost.monotonic_ns
    assert lost.monotonic_ns < presence.seen_at.monotonic_ns
