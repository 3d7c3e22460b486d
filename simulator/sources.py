"""Cameras that come and go by script, and mounts that reach them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from agent.errors import CardGone, MountRefused
from agent.ports import Clock, SourceEvent, Truth
from agent.rules.footage import Instant, MountedCard, Presence
from agent.rules.watching import UnwatchedBay
from simulator.cards import MemoryCard


class ScriptedSource:
    """The port `DeviceSource`: `dock` and `undock` play the camera's part.

    With `is_watching` off it notices nothing; what happened meanwhile shows in the next truth, as a gap.
    """

    def __init__(self, clock: Clock, name: str = "scripted") -> None:
        self.name = name
        self.is_watching = True
        self._clock = clock
        self._plugged: dict[str, Presence] = {}
        self._plugs = 0
        self._events: list[SourceEvent] = []
        self.expected: dict[str, str] = {}
        """By key: the serial of a locked camera that shall come back as storage."""
        self.unwatched: dict[str, UnwatchedBay] = {}
        """By bay: what is in it and is no camera."""
        self._wake: Callable[[], None] = lambda: None
        self._last_truth: Instant | None = None
        self._gap = False

    def start(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._last_truth = self._clock.now()

    def truth(self) -> Truth:
        now = self._clock.now()
        listening = self.is_watching and not self._gap
        self._gap = not self.is_watching
        if self.is_watching:
            self._last_truth = now
        return Truth(dict(self._plugged), now, listening, unwatched=tuple(self.unwatched.values()))

    def events(self) -> list[SourceEvent]:
        happened, self._events = self._events, []
        return happened

    def expect(self, key: str, serial: str) -> None:
        """`come_back` or `undock` play what follows."""
        self.expected[key] = serial

    def close(self) -> None:
        self._wake = lambda: None

    def trouble(self, bay: str, reason: str) -> None:
        """Something is in a bay that cannot be recognised."""
        self.unwatched[bay] = UnwatchedBay(bay, reason, self._last_truth)
        self._hint()

    # --- the camera's part ------------------------------------------------------------------------------

    def dock(self, camera: str, bay: str = "", **facts: str) -> Presence:
        """Put a camera into a bay. Another plug of the same camera has another key."""
        now = self._clock.now()
        self._plugs += 1
        bay = bay or f"folder:{camera}"
        watched = self.is_watching and not self._gap
        presence = Presence(
            key=f"{self.name}:{camera}@{now.boot_id}-{self._plugs}",
            source="folder",
            bay=bay,
            seen_at=now,
            # Before the start nothing was watched; then a live source knows the very instant.
            absent_until=now if watched and self._last_truth else self._last_truth,
            directory=f"/memory/{bay}",
            settle_s=0.0,
            facts={"source": "folder", "bay": bay, "folder_name": camera} | facts,
        )
        self._plugged[presence.key] = presence
        self._hint()
        return presence

    def undock(self, presence: Presence) -> None:
        """Idempotent."""
        self._plugged.pop(presence.key, None)
        self._hint()

    def reopen(self) -> None:
        """The agent starts again: what is plugged in stays, seen for the first time now. A new boot has new keys."""
        now = self._clock.now()
        self._last_truth, self._gap, self.is_watching = None, False, True
        self._events.clear()
        there = list(self._plugged.values())
        self._plugged.clear()
        for presence in there:
            name = presence.key.partition("@")[0]
            same_boot = presence.seen_at.boot_id == now.boot_id
            self._plugs += not same_boot
            key = presence.key if same_boot else f"{name}@{now.boot_id}-{self._plugs}"
            self._plugged[key] = replace(presence, key=key, seen_at=now, absent_until=None)

    def replug(self, presence: Presence) -> Presence:
        """Out and in again, quicker than anybody looks."""
        self._plugged.pop(presence.key, None)
        return self.dock(presence.facts["folder_name"], presence.bay)

    def lose_watch(self, reason: str = "monitor_dead") -> None:
        """Notice nothing from now on. Nobody is taken to have left."""
        self.is_watching = False
        self._gap = True
        self.happen(SourceEvent("bay_trouble", self._clock.now(), reason=reason, since=self._last_truth))

    def regain_watch(self, reason: str = "monitor_dead") -> None:
        """Watch again. The next truth still belongs to the gap."""
        self.is_watching = True
        self.happen(SourceEvent("watch_gap", self._clock.now(), reason=reason, since=self._last_truth))

    def happen(self, event: SourceEvent) -> None:
        """Let the source report something that is no camera."""
        self._events.append(event)
        self._wake()

    def _hint(self) -> None:
        if self.is_watching:
            self._wake()


class MemoryMounter:
    """The port `Mounter`. `insert` says which card is behind a presence."""

    def __init__(self) -> None:
        self.refuses = ""
        """A reason to refuse every mount."""
        self.dirty = False
        """File systems say that they were not cleanly unmounted."""
        self.mounted: dict[str, MountedCard] = {}
        self._cards: dict[str, MemoryCard] = {}

    def insert(self, presence: Presence, card: MemoryCard) -> None:
        self._cards[_root(presence)] = card

    def pull(self, presence: Presence) -> None:
        """The device is gone, mounted or not."""
        card = self._cards.pop(_root(presence), None)
        if card is not None:
            card.gone = True

    def card_at(self, root: str) -> MemoryCard:
        """Raises CardGone."""
        try:
            return self._cards[root]
        except KeyError:
            raise CardGone(f"The device behind {root} is no longer there.") from None

    def mount(self, presence: Presence, *, writable: bool) -> MountedCard:
        root = _root(presence)
        card = self.card_at(root)
        if self.refuses:
            raise MountRefused(self.refuses)
        card.writable = writable
        mounted = MountedCard(root, replace(card.volume), writable, self.dirty)
        self.mounted[root] = mounted
        return mounted

    def release(self, card: MountedCard) -> None:
        self.mounted.pop(card.root, None)


def _root(presence: Presence) -> str:
    return presence.directory or presence.key
