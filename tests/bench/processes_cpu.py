"""What a process and all its descendants have used of the processors, from /proc."""

from __future__ import annotations

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_of_tree(root: int) -> float:
    """Seconds, user and system, also of children that ended and were waited for."""
    total = 0.0
    for pid in [root, *_descendants(root)]:
        fields = _stat(pid)
        total += sum(int(ticks) for ticks in fields[11:15]) / TICKS if fields else 0.0
    return total


def resident_mib(root: int) -> float:
    """Proportional share of memory of the whole tree: pages that two of them share count once."""
    total = 0
    for pid in [root, *_descendants(root)]:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _descendants(root: int) -> list[int]:
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))):
            parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[int] = []
    waiting = [root]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
