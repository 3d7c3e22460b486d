"""What a file system's first bytes say: which kind it is, and whether it was left clean. Repairs nothing."""

from __future__ import annotations

from dataclasses import dataclass
from struct import unpack_from

HEAD = 2048
"""Bytes from the start of the volume that are needed."""

_EXT_MAGIC, _EXT_CLEAN, _EXT_NEEDS_RECOVERY = 0xEF53, 1, 0x4
_EXFAT_DIRTY_OR_FAILED = 0x2 | 0x4
_FAT_DIRTY_OR_FAILED = 0x1 | 0x2


@dataclass(frozen=True, slots=True)
class VolumeHealth:
    """`kind` is `ext`, `exfat`, `vfat` or empty."""

    kind: str
    dirty: bool
    """Not cleanly unmounted, has errors, or we cannot tell: never written to."""
    fat_at: int = 0
    """Where a FAT keeps its second pair of flags; read eight bytes there and ask `is_fat_dirty`. 0: nowhere."""
    fat_bits: int = 0


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
