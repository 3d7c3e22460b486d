"""A disk that forgets what was not synced: contents and names apart, torn at 512 bytes."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

SECTOR = 512


class PowerCut(BaseException):
    """The power went away at this step. Not an Exception: no error handling runs in a machine without power."""


@dataclass(slots=True, eq=False)
class Inode:
    content: bytearray = field(default_factory=bytearray)
    durable: bytes = b""
    """What a power cut leaves."""
    reserved: int = 0

    def after_power_cut(self, rng: random.Random) -> Inode:
        """Each sector that was not synced is there, or is not."""
        length = rng.choice([len(self.durable), len(self.content)])
        kept = bytearray(self.durable[:length].ljust(length, b"\0"))
        for start in range(0, length, SECTOR):
            now = self.content[start : min(start + SECTOR, length)]
            if rng.random() < 0.5 and len(now) == min(SECTOR, length - start):
                kept[start : start + len(now)] = now
        return Inode(bytearray(kept), bytes(kept), len(kept))


@dataclass(frozen=True, slots=True)
class _NameChange:
    """One change of the folder that no sync has made durable yet."""

    removes: str | None
    name: str | None
    inode: Inode | None


class MemoryDisk:
    """One folder of files. Every change is a step; `before_step` may cut the power there."""

    def __init__(self, total: int) -> None:
        self.total = total
        """Bytes in all. Lower it to fill the disk from elsewhere."""
        self.writes_fail = False
        self.syncs_fail = False
        """As fsync fails: once, and the kernel then calls the lost pages clean."""
        self.before_step: Callable[[str], None] = lambda _step: None
        self.names: dict[str, Inode] = {}
        self._durable_names: dict[str, Inode] = {}
        self._pending: list[_NameChange] = []

    @property
    def free(self) -> int:
        return self.total - sum(max(inode.reserved, len(inode.content)) for inode in set(self.names.values()))

    def create(self, name: str, reserve: int = 0) -> Inode:
        self.before_step(f"create {name}")
        if reserve > self.free:
            raise OSError(28, "No space left on device")
        inode = Inode(reserved=reserve)
        self.names[name] = inode
        self._pending.append(_NameChange(None, name, inode))
        return inode

    def write(self, inode: Inode, data: bytes) -> None:
        self.before_step("write")
        if self.writes_fail:
            raise OSError(5, "Input/output error")
        grows = max(0, len(inode.content) + len(data) - inode.reserved)
        if grows > self.free:
            raise OSError(28, "No space left on device")
        inode.content += data

    def sync(self, inode: Inode) -> None:
        self.before_step("sync")
        if self.syncs_fail:
            raise OSError(5, "Input/output error")
        inode.durable = bytes(inode.content)
        inode.reserved = len(inode.content)

    def rename(self, old: str, new: str) -> None:
        self.before_step(f"rename {old} {new}")
        inode = self.names.pop(old)
        self.names[new] = inode
        self._pending.append(_NameChange(old, new, inode))

    def unlink(self, name: str) -> None:
        """Idempotent."""
        self.before_step(f"unlink {name}")
        if self.names.pop(name, None) is not None:
            self._pending.append(_NameChange(name, None, None))

    def sync_names(self) -> None:
        self.before_step("sync names")
        if self.syncs_fail:
            raise OSError(5, "Input/output error")
        self._durable_names = dict(self.names)
        self._pending.clear()

    def crash(self, rng: random.Random) -> None:
        """Cut the power: what was synced is there, the rest by chance, each change of a name whole or not at all."""
        names = dict(self._durable_names)
        for change in self._pending:
            if rng.random() < 0.5 and (change.removes is None or names.get(change.removes) is not None):
                if change.removes is not None:
                    names.pop(change.removes)
                if change.name is not None and change.inode is not None:
                    names[change.name] = change.inode
        self.names = {name: inode.after_power_cut(rng) for name, inode in names.items()}
        self._durable_names = dict(self.names)
        self._pending.clear()
