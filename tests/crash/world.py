"""What outlives a power cut, and the machine that runs on it until the next one."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from agent.adapters.camera_card import CameraCard
from agent.errors import CardGone
from agent.ports import SourceEvent, Truth
from agent.rules.footage import Instant, MountedCard, Presence, VolumeId
from simulator.central import MemoryCentral
from simulator.central_store import CentralStore, HeldLedger, Holdings, Upload
from simulator.clock import START, SimulatedClock
from simulator.ledger import KeptLedger, MemoryLedger
from simulator.volume import ALL_KEPT, ALL_LOST, Loss, Volume

STATION, CAMERA, BAY = "east-1", "BWC1", "folder:BWC1"
STATE, CARD = "/state", "/cards/BWC1"
WRITES_AT_CENTRAL = frozenset({"create", "append", "verify", "post_events", "post_heartbeat"})
FILES = {
    "DCIM/BWC1_0001.MP4": bytes(range(256)) * 9,
    "DCIM/BWC1_0001.JSON": b'{"officer":"' + b"x" * 700 + b'"}',
    "DCIM/BWC1_0002.MP4": bytes(reversed(range(256))) * 6 + b"end",
}
"""A video, its sidecar, another video. None ends with its sector."""


@dataclass(frozen=True)
class World:
    """Durable, and never changed: a machine works on copies of it."""

    at: datetime
    boots: int
    ids: int
    ledger: KeptLedger | None
    disk: Volume
    card: Volume
    central: MemoryCentral
    docked: bool
    plugs: int
    story: tuple[str, ...] = ()
    """Where the power went, cut after cut."""


def first_world() -> World:
    """A new station, and a camera in its bay."""
    disk, card = Volume("/", 70), Volume(CARD, 71)
    disk.put("state/.keep", b"")
    for path, content in FILES.items():
        card.put(path, content)
    return World(START, 0, 0, None, disk, card, MemoryCentral(SimulatedClock(), STATION), docked=True, plugs=1)


class Numbered:
    """A port whose every call is numbered: the world may stop before it, and after its effect."""

    def __init__(
        self, what: Any, name: str, point: Callable[[str], None], only: frozenset[str] | None = None
    ) -> None:
        self._what, self._name, self._point, self._only = what, name, point, only

    def __getattr__(self, method: str) -> Any:
        attribute = getattr(self._what, method)
        if not callable(attribute) or (self._only is not None and method not in self._only):
            return attribute
        called = partial(self._call, f"{self._name}.{method}", attribute)
        self.__dict__[method] = called  # looked up once: half a million calls go through here
        return called

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._point(f"before {name}")
        answer = method(*args, **options)
        self._point(f"after {name}")
        return answer


class NumberedCentral(Numbered):
    """Also stops when half of a body has arrived."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine.central, "central", machine.point)
        self._machine = machine

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **options: Any) -> Any:
        self._point(f"before {name}")
        call = name.removeprefix("central.")
        if call in ("append", "create"):
            self._machine.half(f"half of {name}", call, args)
        answer = method(*args, **options)
        self._machine.told_central += call in WRITES_AT_CENTRAL
        self._point(f"after {name}")
        return answer


class Machine:
    """A power-on, on copies of a world. `captured` is shown every world that a power cut may leave; None: no cuts."""

    def __init__(self, world: World, losses: tuple[Loss, ...], captured: Callable[[World], None] | None) -> None:
        self.clock = SimulatedClock(world.at)
        for _ in range(world.boots):
            self.clock.reboot()
        self.boots = world.boots
        self.ids = world.ids
        self.disk, self.card = world.disk.after(ALL_KEPT), world.card.after(ALL_KEPT)
        self.central = copied(world.central, self.clock)
        self.docked, self.plugs = world.docked, world.plugs
        self.ledger = MemoryLedger.reopened(world.ledger) if world.ledger else None
        self.told_central = self.points = 0
        self._losses, self._captured = losses, captured
        self._world = world
        self._marks: tuple[object, ...] = ()
        self._central_then: tuple[int, MemoryCentral] = (-1, world.central)
        self._volumes: dict[tuple[str, int, str], Volume] = {}

    def port(self, what: Any, name: str, only: frozenset[str] | None = None) -> Any:
        return what if self._captured is None else Numbered(what, name, self.point, only)

    def central_port(self) -> Any:
        return self.central if self._captured is None else NumberedCentral(self)

    # --- the points ---------------------------------------------------------------------------------------

    def point(self, name: str) -> None:
        """The power goes here. Where nothing changed since the last point, neither did what it leaves."""
        if self._captured is None:
            return
        self.points += 1
        kept = self.ledger.kept() if self.ledger else None
        marks = (
            self.disk.version,
            self.card.version,
            self.told_central,
            id(kept.memory) if kept else 0,
            id(kept.notes) if kept else 0,
            self.docked,
        )
        if marks != self._marks:
            self._marks = marks
            self._capture(name, self._central_now(), kept)

    def switched_off(self) -> World:
        """What is left when nothing unsynced is: everything else is lost."""
        left: list[World] = []
        self._captured, self._losses = left.append, (ALL_LOST,)
        self._capture("switched off", self._central_now(), self.ledger.kept() if self.ledger else None)
        return left[0]

    def half(self, name: str, call: str, args: tuple[Any, ...]) -> None:
        """The power goes while a body is on its way."""
        self.points += 1
        central = copied(self.central, self.clock)
        if call == "append":
            url, offset, source, length, size = args[:5]
            central.append(url, offset, source, length // 2, size)
        else:
            intent, first = args
            central.create(intent, first[: len(first) // 2])
        self._capture(name, central, self.ledger.kept() if self.ledger else None)

    def _capture(self, name: str, central: MemoryCentral, kept: KeptLedger | None) -> None:
        if self._captured is None:
            return
        settled = self.disk.is_settled() and self.card.is_settled()
        for loss in self._losses[:1] if settled else self._losses:
            self._captured(
                replace(
                    self._world,
                    at=self.clock.now().wall,
                    boots=self.boots + 1,
                    ids=self.ids,
                    ledger=kept,
                    disk=self._left("disk", self.disk, loss),
                    card=self._left("card", self.card, loss),
                    central=central,
                    docked=self.docked,
                    plugs=self.plugs,
                    story=(*self._world.story, f"{self.points}: {name}, {loss.name}"),
                ),
            )

    def _left(self, name: str, volume: Volume, loss: Loss) -> Volume:
        key = (name, volume.version, "" if volume.is_settled() else loss.name)
        if key not in self._volumes:
            self._volumes[key] = volume.after(loss)
        return self._volumes[key]

    def _central_now(self) -> MemoryCentral:
        if self._central_then[0] != self.told_central:
            self._central_then = self.told_central, copied(self.central, self.clock)
        return self._central_then[1]


def copied(central: MemoryCentral, clock: SimulatedClock) -> MemoryCentral:
    """Another central that holds the same, reached at another time."""
    other = copy(central)
    vars(other).update(store=_own(central.store), heartbeats=list(central.heartbeats), forks=list(central.forks))
    other._clock = clock
    return other


def _own(value: Any) -> Any:
    """A copy that shares nothing that ever changes. `deepcopy` takes ten times as long."""
    if isinstance(value, CentralStore):
        other = copy(value)
        vars(other).update(held=_own(value.held), signed=list(value.signed))
        return other
    if isinstance(value, Holdings | Upload | HeldLedger):
        return replace(value, **{one.name: _own(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, dict):
        kinds = {type(one) for one in value.values()}
        changing = kinds & {bytearray, Upload, HeldLedger}
        return {key: _own(one) for key, one in value.items()} if changing else dict(value)
    if isinstance(value, set | bytearray):
        return type(value)(value)
    return value


class Cards:
    """The ports `Mounter` and, for card work, where the cards are. No mount and no unmount makes anything durable."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._files = machine.port(machine.card, "card")

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        self._refuse_when_gone()
        self._machine.card.writable = writable
        return MountedCard(CARD, VolumeId(self._machine.card.device, 1), writable)

    def release(self, card: MountedCard) -> None: ...

    def card_at(self, root: str) -> CameraCard:
        self._refuse_when_gone()
        return CameraCard(root, files=self._files)

    def _refuse_when_gone(self) -> None:
        if not self._machine.docked:
            raise CardGone("The camera was taken out.")


class Source:
    """The port `DeviceSource`. With `stable_keys` a plug is known again after a restart, else it is a new one."""

    name = "folder"

    def __init__(self, machine: Machine, *, stable_keys: bool) -> None:
        self._machine, self._stable = machine, stable_keys
        self._seen: tuple[str, Instant] | None = None

    def start(self, wake: Callable[[], None]) -> None: ...

    def truth(self) -> Truth:
        now = self._machine.clock.now()
        return Truth(self._present(now), now, listening=True)

    def _present(self, now: Instant) -> dict[str, Presence]:
        if not self._machine.docked:
            return {}
        key = f"{BAY}@{self._machine.plugs}" + ("" if self._stable else f"-{now.boot_id}")
        if self._seen is None or self._seen[0] != key:
            self._seen = key, now
        facts = {"source": "folder", "bay": BAY, "folder_name": CAMERA}
        there = Presence(key, "folder", BAY, self._seen[1], None, directory=CARD, settle_s=0.0, facts=facts)
        return {key: there}

    def events(self) -> list[SourceEvent]:
        return []

    def expect(self, key: str, serial: str) -> None: ...

    def close(self) -> None: ...


LATER = timedelta(days=8)
