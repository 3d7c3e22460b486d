"""When a file was recorded, by the sources that the camera's profile trusts, in its order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from agent.rules.container_time import EARLIEST

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
GROUPS = ("year", "month", "day", "hour", "minute", "second")


def zone_named(name: str) -> tzinfo:
    """The zone, or UTC where this machine knows no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return UTC


def recording_time(
    sources: tuple[str, ...],
    container: datetime | None,
    path: bytes,
    mtime_ns: int,
    patterns: tuple[str, ...] = (),
    zone: str = "UTC",
) -> tuple[datetime | None, str]:
    """The first source that knows, and its name; (None, "") when none does."""
    for source in sources:
        at = {
            "container": lambda: container,
            "name": lambda: named_time(path, patterns, zone_named(zone)),
            "mtime": lambda: file_time(mtime_ns),
        }.get(source, lambda: None)()
        if at is not None:
            return at, source
    return None, ""


def named_time(path: bytes, patterns: tuple[str, ...], zone: tzinfo) -> datetime | None:
    """The time in a name such as `BWC0412_20261122140503_0001.MP4`. A repeated hour is the first."""
    text = path.decode("utf-8", "replace")
    for pattern in patterns:
        try:
            found = re.search(pattern, text)
            if found is None:
                continue
            parts = found.groupdict()
            year, month, day, hour, minute, second = (int(parts.get(group) or 0) for group in GROUPS)
            at = datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError, re.error):
            continue  # the 31st of February, or a mistyped pattern: another may read it better
        if at >= EARLIEST:
            return at
    return None


def file_time(mtime_ns: int) -> datetime | None:
    """The file's modification time; unknown where the clock was never set (1970, FAT's 1980) or ran away."""
    try:
        at = UNIX_EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return None
    return at if at >= EARLIEST else None
