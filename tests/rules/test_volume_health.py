"""What the first bytes of a card say."""

from __future__ import annotations

from struct import pack_into

import pytest

from agent.rules.volume_health import HEAD, VolumeHealth, health_of, is_fat_dirty


def fat(bits: int, flags: int = 0) -> bytes:
    head = bytearray(HEAD)
    pack_into("<HBH", head, 11, 512, 8, 32)
    head[510:512] = b"\x55\xaa"
    name, flag_at = (82, 65) if bits == 32 else (54, 37)
    head[name : name + 8] = f"FAT{bits}   ".encode()
    head[flag_at] = flags
    return bytes(head)


@pytest.mark.parametrize("bits", [12, 16, 32])
def test_fat_says_in_its_boot_sector_whether_it_is_clean(bits: int) -> None:
    assert health_of(fat(bits)) == VolumeHealth("vfat", dirty=False, fat_at=512 * 32, fat_bits=bits)
    assert health_of(fat(bits, flags=1)).dirty
    assert health_of(fat(bits, flags=2)).dirty


@pytest.mark.parametrize(
    ("bits", "entries", "dirty"),
    [
        (32, "f8ffff0fffffff0f", False),
        (32, "f8ffff0ffffffff7", True),
        (32, "f8ffff0ffffffffb", True),
        (16, "f8ffffff00000000", False),
        (16, "f8ffff7f00000000", True),
        (16, "f8ffffbf00000000", True),
        (12, "f8ffff0000000000", False),
    ],
)
def test_fat_says_in_its_table_whether_it_is_clean(bits: int, entries: str, dirty: bool) -> None:
    assert is_fat_dirty(health_of(fat(bits)), bytes.fromhex(entries)) is dirty


@pytest.mark.parametrize("head", [b"", bytes(HEAD), b"\xeb\x52\x90NTFS    ".ljust(HEAD, b"\0")])
def test_what_is_not_recognised_counts_as_dirty(head: bytes) -> None:
    assert health_of(head) == VolumeHealth("", dirty=True)
