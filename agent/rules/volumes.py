"""The volumes of one camera: their names, which could hold footage, whether one still is the one that was mounted.

The files of a camera's first volume have plain paths; those of every other begin with its name, `[2]/DCIM/…`. A name
depends on what the camera is made of, never on what could be read today: paths mean the same at every dock.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import timedelta

from agent.rules.footage import MountedCard, RefusedEntry, UnreadVolume, VolumeId

NO_FILE_SYSTEM = "no_file_system"
NOT_MOUNTED = "not_mounted"
SMALLEST = 1 << 20
"""Bytes. What is smaller holds no footage: gaps, boot loaders, keys."""
COMES_WITHIN = timedelta(seconds=60)
"""A camera's further memory may be announced long after its first: a slow card behind a hub, a second reader."""
_NAME = re.compile(rb"\[(?:disk \d+|\d+|disk \d+\.\d+)\]")
# A container, swap, and what Windows and firmware keep for themselves: by MBR type and GPT type.
_NEVER_FOOTAGE = frozenset(
    {
        "0x5",
        "0xf",
        "0x85",
        "0x82",
        "e3c9e316-0b5c-4db8-817d-f92df00215ae",
        "21686148-6449-6e6f-744e-656564454649",
        "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f",
    }
)


def volume_name(disk: int, partition: int, first: tuple[int, int]) -> str:
    """The name of a camera's volume. `disk`: its how manieth memory, from 1; `partition`: 0 for a whole disk;
    `first`: both, of the first place on the camera where footage may be, readable or not."""
    if (disk, partition) == first:
        return ""
    if disk == 1:
        return f"[{partition}]"
    return f"[disk {disk}.{partition}]" if partition else f"[disk {disk}]"


def split_path(path: bytes) -> tuple[bytes, bytes]:
    """A volume's name and the path on it."""
    head, _, rest = path.partition(b"/")
    return (head, rest) if rest and _NAME.fullmatch(head) else (b"", path)


def path_on_volume(path: bytes) -> bytes:
    """The path as the camera knows it."""
    return split_path(path)[1]


def could_hold_footage(size: int, partition_type: str) -> bool:
    """Whether a place without a recognised file system is worth a person's look."""
    return size >= SMALLEST and partition_type.lower() not in _NEVER_FOOTAGE


def as_refused(unread: Iterable[UnreadVolume]) -> tuple[RefusedEntry, ...]:
    """Unread volumes as entries of a listing: recorded, counted, told to IT like any other place that stays dark."""
    return tuple(RefusedEntry(one.name.encode() or b".", one.reason) for one in unread)


def is_dark(path: bytes, refused: Iterable[RefusedEntry]) -> bool:
    """Whether this path lies on a volume that was not read: its absence from the listing proves nothing."""
    name = split_path(path)[0] or b"."
    return any(entry.path == name and entry.reason in (NO_FILE_SYSTEM, NOT_MOUNTED) for entry in refused)


def volumes_of(mounted: MountedCard) -> frozenset[bytes]:
    """The names of the volumes that a listing of this mount shows."""
    return frozenset({mounted.name.encode(), *(one.name.encode() for one in mounted.others)})


def may_still_come(path: bytes, volumes: Collection[bytes], docked_for: timedelta) -> bool:
    """Whether this path lies on a volume that nobody has seen in this session, and it is early enough for it to come:
    its absence from the listing proves nothing yet."""
    return split_path(path)[0] not in volumes and docked_for < COMES_WITHIN


def is_same_volume(first: VolumeId, now: VolumeId) -> bool:
    """Whether two mounts show one file system of one plugged-in disk. `device` does not tell: a FUSE file system has
    another one at each mount."""
    if first.disk and now.disk:
        return (first.fs_uuid, first.disk) == (now.fs_uuid, now.disk)
    return first.fs_uuid == now.fs_uuid if first.fs_uuid else first == now


def is_another_disk(first: MountedCard, now: MountedCard) -> bool:
    """Whether the kernel says that a volume of one plugged-in camera is on another disk than before: nodes such as
    `sda1` go to whatever comes next. False also when nobody can tell."""
    before = {first.name: first.volume, **{one.name: one.volume for one in first.others}}
    after = {now.name: now.volume, **{one.name: one.volume for one in now.others}}
    both = [(before[name].disk, after[name].disk) for name in before.keys() & after.keys()]
    return any(old and new and old != new for old, new in both)


def is_same_card(first: MountedCard, now: MountedCard) -> bool:
    """Whether all that was read at first, and nothing else, is there again."""
    if (first.name, [one.name for one in first.others]) != (now.name, [one.name for one in now.others]):
        return False
    before = [first.volume, *(one.volume for one in first.others)]
    return all(map(is_same_volume, before, [now.volume, *(one.volume for one in now.others)]))
