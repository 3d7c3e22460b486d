"""Figures of many videos, counted by a process of its own and kept in DIR: half a year of a city takes half a minute,
and no page takes so long."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from central.config import CentralConfig
from central.custody.models import Asset
from central.dispatches.models import Dispatch
from central.instants import rfc3339
from central.measures.measuring import Asked, Measures, measure
from central.measures.reading import read

MOST_AT_ONCE = 1500
"""So many videos a page counts by itself while somebody waits."""
FRESH = timedelta(minutes=15)
"""Kept figures that are older are counted anew when somebody looks at them."""
MOST_KEPT = 60


@dataclass(frozen=True)
class Kept:
    """Figures and when they were counted."""

    at: datetime
    told: Measures


def is_large(asked: Asked) -> bool:
    """Whether there is more to count than a page should while somebody waits."""
    rows = Asset.objects.filter(kind__in=("video", ""))
    if asked.window.begins is not None:
        rows = rows.filter(recorded_at__gte=asked.window.begins)
    if asked.window.ends is not None:
        rows = rows.filter(recorded_at__lt=asked.window.ends)
    sent = Dispatch.objects.all()
    if asked.window.begins is not None:
        sent = sent.filter(begins_at__gte=asked.window.begins)
    return any(len(some.order_by().values_list("pk")[: MOST_AT_ONCE + 1]) > MOST_AT_ONCE for some in (rows, sent))


def kept(folder: Path, asked: Asked) -> Kept | None:
    """What was counted last of the same span and unit; None: nothing that can be read."""
    try:
        return msgspec.json.decode(_path(folder, asked).read_bytes(), type=Kept, dec_hook=_decoded)
    except (OSError, msgspec.DecodeError):
        return None


def keep(folder: Path, asked: Asked, config: CentralConfig) -> bool:
    """Count and keep; False: somebody else is counting, and nothing was done."""
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        told = measure(read(asked, config), asked)
        target, new = _path(folder, asked), folder / "new"
        new.write_bytes(msgspec.json.encode(Kept(asked.at, told), enc_hook=_encoded))
        new.replace(target)
        _forget_old(folder)
        return True
    finally:
        os.close(lock)


def start_counting(root: Path, folder: Path, asked: Asked) -> None:
    """Have it counted and kept by another process, which gives way to everything else; one counts at a time."""
    if _is_counting(folder):
        return
    edges = (("--from", asked.window.begins), ("--to", asked.window.ends))
    window = [part for name, at in edges if at is not None for part in (name, rfc3339(at))]
    unit = [] if asked.unit is None else ["--unit", asked.unit]
    command = [sys.executable, "-m", "central", "measures", "--keep", "--data", str(root), *window, *unit]
    subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)


def _is_counting(folder: Path) -> bool:
    try:
        lock = os.open(folder / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _path(folder: Path, asked: Asked) -> Path:
    what = [asked.window.begins, asked.window.ends, asked.unit, asked.zone.key]
    return folder / f"{hashlib.sha256(msgspec.json.encode(what)).hexdigest()[:32]}.json"


def _forget_old(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[MOST_KEPT:]:
        path.unlink(missing_ok=True)


def _encoded(value: Any) -> Any:
    if isinstance(value, ZoneInfo):
        return value.key
    if isinstance(value, Mapping):
        return dict(value)
    raise NotImplementedError(type(value))


def _decoded(kind: type, value: Any) -> Any:
    if kind is ZoneInfo:
        return ZoneInfo(value)
    raise NotImplementedError(kind)
