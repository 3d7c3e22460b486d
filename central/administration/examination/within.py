"""The same examination for a page: within a time, and one at a time."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, Queue
from time import monotonic

from central.administration.examination.finding import NAMES, Finding
from central.administration.examination.probing import Examination
from central.config import CentralConfig
from central.data_dir import DataDir

PATIENCE_S = 15.0
SAMPLE = 3
_looking = threading.Lock()


@dataclass(frozen=True)
class Seen:
    findings: tuple[Finding, ...]
    missing: tuple[str, ...] = ()
    """What had not answered in time; it is looked at to its end, and told to nobody."""


def examine(data: DataDir, config: CentralConfig, now: datetime, patience_s: float = PATIENCE_S) -> Seen | None:
    """What is found within `patience_s`; None while an earlier examination still runs."""
    if not _looking.acquire(blocking=False):
        return None
    told: Queue[Finding | None] = Queue()

    def look() -> None:
        try:
            for finding in Examination(data, config, now.timestamp(), SAMPLE).findings():
                told.put(finding)
        finally:
            told.put(None)
            _looking.release()

    threading.Thread(target=look, name="examination", daemon=True).start()
    return _heard(told, monotonic() + patience_s)


def _heard(told: Queue[Finding | None], until: float) -> Seen:
    found: list[Finding] = []
    try:
        while (finding := told.get(timeout=max(0.0, until - monotonic()))) is not None:
            found.append(finding)
    except Empty:
        pass
    names = {one.name for one in found}
    return Seen(tuple(found), tuple(name for name in NAMES if name not in names))
