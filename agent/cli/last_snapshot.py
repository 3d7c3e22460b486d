"""The snapshot that the agent leaves in its state directory, and whether that agent still lives."""

from __future__ import annotations

import os
from pathlib import Path

STALE_S = 15.0
"""A running agent writes its snapshot every second."""


def snapshot_path(state: Path) -> Path:
    return state / "status.json"


def is_alive(pid: int) -> bool:
    """Whether such a process exists. One of another user counts; 0 and below are nobody."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return Path(f"/proc/{pid}").exists()
