"""Reads from a block device what tells whether its file system was left clean. Nothing is written."""

from __future__ import annotations

import os
from stat import S_ISBLK

from agent.rules.volume_health import HEAD, VolumeHealth, health_of, is_fat_dirty


def read_health(node: str) -> VolumeHealth | None:
    """What the first bytes of this device say; None when it is no block device.

    Raises:
        OSError: it is not there, may not be read, or fails.
    """
    device = os.open(node, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        if not S_ISBLK(os.fstat(device).st_mode):
            return None
        health = health_of(os.pread(device, HEAD, 0))
        if health.fat_at and not health.dirty and is_fat_dirty(health, os.pread(device, 8, health.fat_at)):
            return VolumeHealth(health.kind, dirty=True)
        return health
    finally:
        os.close(device)
