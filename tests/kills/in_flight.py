"""What a station is doing at this very moment, seen from outside: in its ledger and in its spool."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from enum import StrEnum
from pathlib import Path

from tests.dock_station import DockStation


class Phase(StrEnum):
    """What a kill can interrupt. Several are under way at once."""

    STAGING = "staging"
    UPLOADING = "uploading"
    VERIFYING = "verifying"
    ERASING = "erasing"


_WORK = """
SELECT coalesce(sum(state = 'STAGED' AND upload_attempt > 0), 0) AS uploading,
       coalesce(sum(state = 'UPLOADED'), 0) AS verifying,
       coalesce(sum(state = 'VERIFIED' AND on_card AND erase_started_at IS NOT NULL), 0) AS erasing
FROM assets
"""


def in_flight(station: DockStation) -> frozenset[Phase]:
    """Empty while nothing is under way, while the agent is only starting, or while the ledger cannot be read."""
    found = set()
    if station.process is None or station.snapshot().get("pid") != station.process.pid:
        return frozenset()
    if any((station.state / "spool").glob("*.part")):
        found.add(Phase.STAGING)
    ledger = station.state / "ledger.db"
    try:
        with closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            uploading, verifying, erasing = connection.execute(_WORK).fetchone()
    except sqlite3.Error:
        return frozenset(found)
    counted = {Phase.UPLOADING: uploading, Phase.VERIFYING: verifying, Phase.ERASING: erasing}
    return frozenset(found | {phase for phase, count in counted.items() if count})


def card_processes(agent: int) -> list[int]:
    """The process ids of an agent's children that work on a card."""
    found = []
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == agent and b"agent.card_process" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted(found)


def is_alive(pid: int) -> bool:
    """Whether it still runs; one that only waits to be reaped does not."""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def kill(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended by itself."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
