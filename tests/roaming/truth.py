"""What really happened, kept by the model itself: every content that was ever on a camera, and where each is now.

Nothing here is read from the agent. The files are small, so that a content is its own name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

from simulator.central_store import CentralStore
from simulator.disk import MemoryDisk
from simulator.spool import COPY, SIDECAR
from tests.roaming.camera import Camera
from tests.roaming.station import KEEP, Hardware


def durable_copies(disk: MemoryDisk) -> dict[str, bytes]:
    """What the spool holds after the worst power cut: by asset, copies whose names and bytes were all synced."""
    copies = {}
    for name, inode in disk.names.items():
        if not name.endswith(COPY) or disk._durable_names.get(name) is not inode:
            continue
        beside = f"{name.removesuffix(COPY)}{SIDECAR}"
        if beside in disk.names and disk._durable_names.get(beside) is disk.names[beside]:
            copies[name.removesuffix(COPY)] = inode.durable
    return copies


class Truth:
    """Where each content is. A world that destroys the last copy itself says so; anything else is a loss."""

    def __init__(self, store: CentralStore, stations: Iterable[Hardware], cameras: Iterable[Camera]) -> None:
        self._store, self._stations, self._cameras = store, tuple(stations), tuple(cameras)
        self.recorded: set[bytes] = set()
        """Every content that was ever on a card."""
        self.owed: set[bytes] = set()
        """Contents that must be somewhere."""
        self.rotted: set[bytes] = set()
        """Central lost them behind everybody's back, after it had receipted them."""
        self.pressed: set[bytes] = set()
        """Their copies went early, for want of space."""
        self._sound: dict[str, bytes] = {}

    # --- where things are ---------------------------------------------------------------------------------

    def on_cards(self) -> set[bytes]:
        return {file.content for camera in self._cameras for file in camera.card.files.values()}

    def in_spools(self) -> set[bytes]:
        return {content for station in self._stations for content in durable_copies(station.spool.disk).values()}

    def at_central(self) -> set[bytes]:
        """Objects that still are what their name says."""
        return {content for _, content in self.sound_objects()}

    def sound_objects(self) -> Iterable[tuple[str, bytes]]:
        for sha256, held in self._store.held.objects.items():
            content = bytes(held)
            if self._sound.get(sha256) != content:
                if not is_named(content, sha256):
                    continue
                self._sound[sha256] = content
            yield sha256, content

    def anywhere(self) -> set[bytes]:
        return self.on_cards() | self.in_spools() | self.at_central()

    def missing(self) -> set[bytes]:
        """What was lost."""
        self.rotted -= self.at_central()
        return self.owed - self.anywhere() - self.rotted

    def is_footage(self, content: bytes) -> bool:
        """Some camera recorded it: as a whole file, or as what could be read of one."""
        return content in self.recorded or any(whole.startswith(content) for whole in self.recorded)

    # --- what the world does ------------------------------------------------------------------------------

    def take_note(self) -> None:
        """Whatever is on a card now is owed from now on; so is what a spool holds of a damaged file."""
        there = self.on_cards()
        self.recorded |= there
        self.owed |= there | self.in_spools()
        self.owed.discard(b"")

    def camera_destroyed(self) -> None:
        """A camera or its officer wrote over a file, or removed it, before anybody had copied it."""
        self.owed &= self.anywhere() | self.rotted

    def central_rotted(self, content: bytes) -> None:
        self.rotted.add(content)

    def central_restored(self, backup_at: datetime, now: datetime) -> set[bytes]:
        """What no spool held any more; what it should still have held is returned: `keep` promises more."""
        gone = self.missing()
        self.owed -= gone
        return gone - self.pressed if now - backup_at < KEEP else set()


def is_named(content: bytes, sha256: str) -> bool:
    return hashlib.sha256(content).hexdigest() == sha256
