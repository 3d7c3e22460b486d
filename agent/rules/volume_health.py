"""What a file system's first bytes say: which kind it is, and whether it was left clean. Repairs nothing."""

from __future__ import annotations

from struct import unpack_from

HEAD = 2048
"""Bytes from the start of the volume that are needed."""

_EXT_MAGIC, _EXT_CLEAN, _EXT_NEEDS_RECOVERY = 0xEF53, 1, 0x4
_EXFAT_DIRTY_OR_FAILED = 0x2 | 0x4
_FAT_DIRTY_OR_FAILED = 0x1 | 0x2


class VolumeHealth:
    """No dataclass: udev starts a program with this at each volume, and importing dataclasses takes it longer than
    everything else."""

    __slots__ = ("dirty", "fat_at", "fat_bits", "kind")

    def __init__(self, kind: str, dirty: bool, fat_at: int = 0, fat_bits: int = 0) -> None:
        self.kind = kind
        """`ext`, `exfat`, `vfat` or empty."""
        self.dirty = dirty
        """Not cleanly unmounted, has errors, or we cannot tell: never written to."""
        self.fat_at = fat_at
        """Where a FAT keeps its second pair of flags; read eight bytes there and ask `is_fat_dirty`. 0: nowhere."""
        self.fat_bits = fat_bits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, VolumeHealth) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __repr__(self) -> str:
        return f"VolumeHealth{self._values()}"

    def _values(self) -> tuple[str, bool, int, int]:
        return self.kind, self.dirty, self.fat_at, self.fat_bits


def health_of(head: bytes) -> VolumeHealth:
    """Judge by the first 2048 bytes. What is not recognised counts as dirty."""
    if len(head) < HEAD:
        return VolumeHealth("", dirty=True)
    if unpack_from("<H", head, 1024 + 0x38)[0] == _EXT_MAGIC:
        state, incompatible = unpack_from("<H", head, 1024 + 0x3A)[0], unpack_from("<I", head, 1024 + 0x60)[0]
        return VolumeHealth("ext", dirty=state != _EXT_CLEAN or bool(incompatible & _EXT_NEEDS_RECOVERY))
    if head[3:11] == b"EXFAT   ":
        return VolumeHealth("exfat", dirty=bool(unpack_from("<H", head, 106)[0] & _EXFAT_DIRTY_OR_FAILED))
    if head[510:512] == b"\x55\xaa":
        return _fat(head)
    return VolumeHealth("", dirty=True)


def is_fat_dirty(health: VolumeHealth, entries: bytes) -> bool:
    """Judge by the table's first eight bytes: entry 1 carries two flags that are 1 when all is well."""
    if health.fat_bits == 32:
        return bool(unpack_from("<I", entries, 4)[0] & 0x0C000000 != 0x0C000000)
    if health.fat_bits == 16:
        return bool(unpack_from("<H", entries, 2)[0] & 0xC000 != 0xC000)
    return False


def _fat(head: bytes) -> VolumeHealth:
    size, reserved = unpack_from("<H", head, 11)[0], unpack_from("<H", head, 14)[0]
    if head[82:87] == b"FAT32":
        bits, flags = 32, head[65]
    elif head[54:59] in (b"FAT16", b"FAT12"):
        bits, flags = int(head[57:59]), head[37]
    else:
        return VolumeHealth("", dirty=True)
    return VolumeHealth("vfat", bool(flags & _FAT_DIRTY_OR_FAILED), fat_at=size * reserved, fat_bits=bits)
