"""Which devices this station has had mounted: written down first, so that a run that was cut off can be tidied up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from agent.adapters.block_devices import disk_mark

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Note:
    number: str
    """`8:1`"""
    disk: str
    """Its disk's mark: the next camera may have the same number."""
    boot: str
    root: str = ""
    """Empty: it was about to be mounted."""


def noted_roots(folder: Path) -> tuple[Path, ...]:
    """Where cards are mounted according to the notes of a station that may be running; none when we may not look."""
    found = []
    try:
        for file in folder.glob("*.json"):
            note = msgspec.json.decode(file.read_bytes(), type=Note)
            found += [Path(note.root)] if note.root else []
    except (OSError, msgspec.DecodeError):
        return ()
    return tuple(found)


class MountNotes:
    """One small file for each device. A power cut unmounts everything, so nothing of this has to outlive one."""

    def __init__(self, folder: Path) -> None:
        """`folder` belongs to these notes alone."""
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._boot = _BOOT_ID.read_text().strip()

    def write(self, number: str, root: str = "") -> None:
        """This device is about to be mounted, or is mounted at `root`."""
        note = Note(number, disk_mark(number), self._boot, root)
        fresh = self._folder / f"{number}.new"
        fresh.write_bytes(msgspec.json.encode(note))
        fresh.replace(self._folder / f"{number}.json")

    def strike(self, number: str) -> None:
        """It is not mounted by us any more. Idempotent."""
        (self._folder / f"{number}.json").unlink(missing_ok=True)

    def of(self, number: str) -> Note | None:
        """Whether what is mounted of this device now was mounted by this station."""
        try:
            note = msgspec.json.decode((self._folder / f"{number}.json").read_bytes(), type=Note)
        except (OSError, msgspec.DecodeError):
            return None
        return note if (note.boot, note.disk) == (self._boot, disk_mark(number)) else None

    def all(self) -> list[Note]:
        """Those that still mean a device which is there; the others are struck."""
        found = []
        for file in sorted(self._folder.glob("*.json")):
            note = self.of(file.stem)
            if note is None:
                self.strike(file.stem)
            else:
                found.append(note)
        return found
