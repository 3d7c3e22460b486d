"""With which options a card is mounted: what it must have, and what it is better to have."""

from __future__ import annotations

FAMILIES = {"vfat": "vfat", "exfat": "exfat", "ext2": "ext", "ext3": "ext", "ext4": "ext"}
"""Of the kinds of file system that a card may have, by the name that udev gives it."""
GUARDS = 2 | 4 | 8
"""ST_NOSUID, ST_NODEV and ST_NOEXEC of statvfs: without these no card is served."""

_MUST = ("nosuid", "nodev", "noexec", "noatime")
# `noload`: without it even a read-only mount of ext writes the journal back to the card.
_MUST_READING = {"ext": ("noload",)}
# `tz=UTC`: FAT keeps local time without saying whose. UDisks2 allows it only where our udev rule says so.
# `nosymfollow`: we never follow a link; with it nobody can. Older than Linux 5.10 there is none.
_WISHED = {"vfat": ("tz=UTC", "nosymfollow")}


def attempts(family: str, writable: bool, refused: frozenset[str] = frozenset()) -> list[tuple[str, ...]]:
    """Sets of options, each to be tried when the one before is not permitted; the last is what must be. `refused`:
    wishes of which it is known that they are not permitted here."""
    must = ("rw" if writable else "ro", *_MUST, *(() if writable else _MUST_READING.get(family, ())))
    wished = [wish for wish in _WISHED.get(family, ("nosymfollow",)) if wish not in refused]
    return [(*must, *wished[start:]) for start in range(len(wished) + 1)]
