"""Is what is plugged in now still the same plug? Two plugs of one camera are two dock sessions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FolderMark:
    """What the file system says about one first-level folder. Times in nanoseconds, as the kernel gives them."""

    device: int
    inode: int
    born_ns: int = 0
    """0 where the file system does not tell."""
    changed_ns: int = 0
    """ctime: moves with every rename of the folder, and with every change in it."""
    modified_ns: int = 0
    """mtime: moves only with changes in it."""
    mount: int = 0
    """Id of the mount when something is mounted on the folder; its times are then not asked for."""

    def name(self) -> str:
        """Tells this folder from every other that was there in this boot, also after the agent starts again."""
        return f"{self.device:x}-{self.inode:x}-{self.born_ns:x}-{self.mount:x}"


def is_same_plug(before: FolderMark, now: FolderMark, *, left: bool) -> bool:
    """Whether a folder stayed where it was between two looks; `left`: its name may have gone away in between."""
    if before.name() != now.name():
        return False
    if before.changed_ns == now.changed_ns:
        # A rename always moves ctime: what left was an earlier folder of this name.
        return True
    if before.modified_ns == now.modified_ns:
        # Renamed (or its mode changed): nothing in it was touched, so this was no work on the card.
        return False
    return not left


def counted(plug: str, ended_before: int) -> str:
    """The key of a plug that comes after others of the same name in one run of the agent."""
    return f"{plug}+{ended_before}" if ended_before else plug


def uncounted(key: str) -> str:
    """The plug's name as every run knows it: a source counts the plugs of its own run only."""
    plug, plus, number = key.rpartition("+")
    return plug if plus and number.isdecimal() else key
