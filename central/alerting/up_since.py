"""Since when central can be heard. A restart within a minute is no interruption: else one that is restarted again and
again would never call a station silent."""

from __future__ import annotations

import contextlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from central.instants import rfc3339

INTERRUPTION = timedelta(minutes=1)
"""A central that was away for less has missed at most one heartbeat of each station."""


def resume_up_since(path: Path, now: datetime) -> datetime:
    """Since when this central is up: since `now`, or, if it was only just interrupted, since it says there."""
    since = _said(path)
    alive_at = _alive_at(path)
    is_one_life = since is not None and alive_at is not None and since <= now and abs(now - alive_at) < INTERRUPTION
    up_since = since if is_one_life and since is not None else now
    still_up(path, up_since)
    return up_since


def still_up(path: Path, up_since: datetime) -> None:
    """Keep that central lives. A disk that takes it no more costs patience with stations at the next start only."""
    with contextlib.suppress(OSError):
        if _said(path) == up_since:
            os.utime(path)
            return
        draft = path.with_name(f".{path.name}")
        draft.write_text(rfc3339(up_since))
        draft.replace(path)


def _said(path: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(path.read_text())
    except (OSError, ValueError):
        return None


def _alive_at(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None
