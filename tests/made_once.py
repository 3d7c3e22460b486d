"""What is costly and the same for every test of a run: made by the worker that needs it first, then copied."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

SHARED = "DOCK_TESTS_SHARED"
"""Names the folder that all workers of one run share. conftest.py sets it; it goes with the run."""


def made_once(name: str, make: Callable[[Path], None]) -> Path | None:
    """The folder that `make` filled, once in this run. None outside a run: then nobody would remove it."""
    if not os.environ.get(SHARED):
        return None
    folder = Path(os.environ[SHARED]) / name
    with Path(f"{folder}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = Path(f"{folder}.unfinished.{os.getpid()}")
            make(unfinished)
            unfinished.rename(folder)
    return folder
