"""Cameras come and go: sources that see them, mounters that make their trees reachable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from agent.rules.footage import (
    Instant,
    MountedCard,
    Presence,
)
from agent.rules.watching import UnwatchedBay


@dataclass(frozen=True, slots=True)
class SourceEvent:
    """Something a source saw that is not a camera: a refused device, a troubled bay, a gap in watching."""

    kind: str
    """`device_refused`, `bay_trouble`, `watch_gap`."""
    at: Instant
    bay: str = ""
    reason: str = ""
    detail: str = ""
    since: Instant | None = None
    """For `watch_gap`: the last instant of unbroken watching before it."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a source holds to be plugged in at one instant, after a full comparison with the world."""

    present: dict[str, Presence]
    """By key."""
    at: Instant
    listening: bool
    """Events would have been noticed since the previous truth. False while the monitor is being rebuilt."""
    unwatched: tuple[UnwatchedBay, ...] = ()
    """Bays that hold, or may hold, something that is not in `present`."""
    unsettled: tuple[Instant | None, ...] = ()
    """For each device of which it is not known yet what it is: until when it was provably absent."""
    away: dict[str, Instant] = field(default_factory=dict)
    """Keys in `present` that are so on trust, since they were unlocked and shall come back as storage: when each was
    last there."""
    proves_absence: bool = True
    """False: what is not here may be docked all the same (a drop folder)."""


class DeviceSource(Protocol):
    """Where cameras appear. Events are hints; `truth()` compares with the world and is what counts."""

    name: str

    def start(self, wake: Callable[[], None]) -> None:
        """Subscribe, then enumerate. On return every camera already there is in `truth()`. `wake` is called
        from any thread whenever something may have changed.

        Raises:
            NeedsOperator: the source cannot be watched at all (no such directory, no netlink)."""

    def truth(self) -> Truth:
        """Compare with the world now. A plug that was pulled and put back between two truths has another key.
        Never blocks for long, never raises for a single device's trouble (that is a SourceEvent)."""

    def events(self) -> list[SourceEvent]:
        """What happened since the last call, oldest first."""

    def expect(self, key: str, serial: str) -> None:
        """This locked camera, which told this serial, is about to leave the bus and to come back as storage in the
        same bay. Until it is late it stays present, under the same key."""

    def close(self) -> None: ...


class Mounter(Protocol):
    """Makes a present card's tree reachable. Cards are mounted read-only except for the erase step."""

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        """A fresh mount.

        Raises:
            MountRefused: it cannot be mounted as asked.
            CardGone: the device is no longer there."""

    def release(self, card: MountedCard) -> None:
        """Flush and unmount. Idempotent; a vanished card is released without an error."""
