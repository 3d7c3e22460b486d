"""The file systems of one camera: whether one still is the one that was mounted."""

from __future__ import annotations

from agent.rules.footage import VolumeId


def is_same_volume(first: VolumeId, now: VolumeId) -> bool:
    """Whether two mounts show one file system of one plugged-in disk. `device` does not tell: a FUSE file system has
    another one at each mount."""
    if first.disk and now.disk:
        return (first.fs_uuid, first.disk) == (now.fs_uuid, now.disk)
    return first.fs_uuid == now.fs_uuid if first.fs_uuid else first == now
