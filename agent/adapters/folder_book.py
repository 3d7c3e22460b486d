"""Which folders are docked cameras, from look to look."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass

from agent.adapters.folder_marks import Look
from agent.ports import SourceEvent
from agent.rules.footage import Instant, Presence
from agent.rules.plugs import FolderMark, counted, is_same_plug
from agent.rules.profiles import shown
from agent.rules.watching import UnwatchedBay

SETTLED_NS = 2_000_000_000
"""Events reach us up to half a second late: this long a change of a folder may still turn out to be a replug."""


@dataclass(slots=True)
class _Known:
    presence: Presence
    plug: str
    """Its key before it had to be told from an earlier plug."""
    latest: FolderMark
    settled: FolderMark
    """The mark before the changes that are younger than SETTLED_NS."""
    changed_at_ns: int = 0


class FolderBook:
    """Remembers what the last look showed. Not thread-safe."""

    def __init__(self, base: bytes, *, proves_dock: bool, settle_s: float) -> None:
        self._base = base
        self._proves_dock = proves_dock
        self._settle_s = settle_s
        self._known: dict[bytes, _Known] = {}
        self._ended: Counter[str] = Counter()
        self._strange: dict[tuple[str, bytes], UnwatchedBay] = {}
        """What is in the directory and may be a camera or not, for as long as it stays."""

    def present(self) -> dict[str, Presence]:
        return {known.presence.key: known.presence for known in self._known.values()}

    def compare(self, look: Look, left: frozenset[bytes], since: Instant | None, now: Instant) -> bool:
        """Take over what a look showed; True when a camera came or went. `left` are names that may have gone
        away since the last look; `since` is the instant of that last look."""
        gone = [name for name in self._known if name not in look.marks and name not in look.unreadable]
        plugged = [name for name, mark in look.marks.items() if not self._stayed(name, mark, name in left, now)]
        for name in {*gone, *plugged} & self._known.keys():
            self._ended[self._known.pop(name).plug] += 1
        for name in plugged:
            mark = look.marks[name]
            plug = f"folder:{shown(self._base + b'/' + name)}@{now.boot_id[:8]}-{mark.name()}"
            self._known[name] = _Known(self._presence(name, plug, since, now), plug, mark, mark)
        return bool(gone or plugged)

    def unwatched(self) -> tuple[UnwatchedBay, ...]:
        """The bays in which something is that cannot be looked into."""
        return tuple(self._strange.values())

    def reports(self, look: Look, since: Instant | None, now: Instant) -> list[SourceEvent]:
        """What is in the directory and is no camera, or a troubled one: once for as long as it stays."""
        found = {
            ("symlink", name): f"{shown(name)!r} is a symbolic link: links are never followed." for name in look.links
        }
        found |= {("unreadable", name): why for name, why in look.unreadable.items()}
        fresh = sorted(place for place in found if place not in self._strange)
        self._strange = {
            place: self._strange.get(place) or UnwatchedBay(bay_of(place[1]), place[0], since, why)
            for place, why in found.items()
        }
        return [
            SourceEvent(
                kind="device_refused" if kind == "symlink" else "bay_trouble",
                at=now,
                bay=bay_of(name),
                reason=kind,
                detail=found[kind, name],
            )
            for kind, name in fresh
        ]

    def _stayed(self, name: bytes, mark: FolderMark, left: bool, now: Instant) -> bool:
        known = self._known.get(name)
        if known is None:
            return False
        if not is_same_plug(known.latest, mark, left=False) or not is_same_plug(known.settled, mark, left=left):
            return False
        if mark != known.latest:
            known.latest, known.changed_at_ns = mark, now.monotonic_ns
        elif now.monotonic_ns - known.changed_at_ns > SETTLED_NS:
            known.settled = mark
        return True

    def _presence(self, name: bytes, plug: str, since: Instant | None, now: Instant) -> Presence:
        return Presence(
            key=counted(plug, self._ended[plug]),
            source="folder",
            bay=bay_of(name),
            seen_at=now,
            absent_until=since,
            proves_dock=self._proves_dock,
            directory=os.fsdecode(self._base + b"/" + name),
            settle_s=self._settle_s,
            facts={"source": "folder", "bay": bay_of(name), "folder_name": shown(name)},
        )


def bay_of(name: bytes) -> str:
    """The bay of a folder camera."""
    return f"folder:{shown(name)}"
