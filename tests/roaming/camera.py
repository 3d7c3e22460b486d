"""A camera that roams between stations, with a card whose every unlink has a witness."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from agent.errors import CardUnreadable
from agent.rules.footage import Listing, Presence, VolumeId
from simulator.cards import RECORDED_NS, MemoryCard, MemoryFile, MemoryReader
from tests.roaming.fuse import Fuse

Witness = Callable[["RoamingCard", bytes, bytes], None]
"""Called with the path and the content of a file just before it is unlinked."""


class RoamingCard(MemoryCard):
    """Ticks the fuse of the process that works on it. What was unlinked and not synced may come back."""

    def __init__(self, witness: Witness) -> None:
        super().__init__()
        self.fuse = Fuse()
        self.had_error = False
        """The process that works on it was told of an I/O error in this dock."""
        self._witness = witness
        self._unsynced: dict[bytes, MemoryFile] = {}
        self._listed: dict[bytes, tuple[int, int, bytes]] = {}
        """By path: size, time and content of what was listed first under that size and time."""

    def plugged(self, volume: VolumeId) -> None:
        """Another dock begins."""
        self.gone, self.had_error, self.volume = False, False, volume
        self._listed.clear()

    def is_unnoticed(self, path: bytes) -> bool:
        """Within a dock, size and time must suffice: other bytes under the same ones are read again only before an
        erase, and in the next dock."""
        return path in self._listed and self._listed[path][2] != self.files[path].content

    def answers(self) -> None:
        self.fuse.tick("card")
        super().answers()

    def list(self) -> Listing:
        listing = super().list()
        before, self._listed = self._listed, {}
        for path, file in self.files.items():
            fresh = (len(file.content), file.mtime_ns, file.content)
            known = before.get(path, fresh)
            self._listed[path] = known if known[:2] == fresh[:2] else fresh
        self.had_error |= not listing.complete
        return listing

    def open(self, path: bytes) -> MemoryReader:
        return _Reader(self, path, self._regular(path))

    def unlink(self, path: bytes) -> None:
        file = self.files.get(path)
        if file is not None and self.writable and not self.gone:
            self._witness(self, path, file.content)
        super().unlink(path)
        if file is not None:
            self._unsynced[path] = file

    def sync(self) -> None:
        super().sync()
        self._unsynced.clear()

    def lose_unsynced(self, dice: random.Random) -> None:
        """Pulled, or without power: an unlink that was not synced has happened, or has not."""
        for path, file in self._unsynced.items():
            if dice.random() < 0.5:
                self.files.setdefault(path, file)
        self._unsynced.clear()


class _Reader(MemoryReader):
    def read_into(self, buffer: memoryview) -> int:
        try:
            return super().read_into(buffer)
        except CardUnreadable:
            card = self._card
            assert isinstance(card, RoamingCard)
            card.had_error = True
            raise


@dataclass(slots=True, eq=False)
class Camera:
    """One body-worn camera. Two of them may claim the same name."""

    title: str
    """As the story calls it."""
    serial: str
    card: RoamingCard
    station: str = ""
    """Where it is docked; empty: with its officer."""
    presence: Presence | None = None
    _recordings: int = 0

    def shoot(self, length: int) -> bytes:
        """Bytes that no camera ever recorded before."""
        self._recordings += 1
        mark = f"{self.title} recording {self._recordings} ".encode()
        return (mark * (length // len(mark) + 1))[:length] if length >= len(mark) else mark

    def write(self, path: bytes, content: bytes, *, later: bool = True) -> None:
        """Camera clocks are reset and names used again: `later=False` gives the new file the usual old time."""
        before = self.card.files.get(path)
        mtime_ns = (before.mtime_ns if before else RECORDED_NS) + 1_000_000_000 if later else RECORDED_NS
        self.card.files[path] = MemoryFile(content, mtime_ns)
