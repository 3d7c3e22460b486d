"""The time zone that this PC is set to, by its name: an offset would be wrong after the next change of clocks."""

from __future__ import annotations

import os
from pathlib import Path

from agent.rules.recording_time import zone_named

LOCALTIME = Path("/etc/localtime")


def local_zone(localtime: Path = LOCALTIME) -> str:
    """`TZ`, else what /etc/localtime points to; `UTC` where neither names a zone."""
    told = os.environ.get("TZ", "").lstrip(":")
    linked = str(localtime.resolve()).partition("/zoneinfo/")[2]
    for name in (told, linked.removeprefix("posix/")):
        if name and _is_zone(name):
            return name
    return "UTC"


def _is_zone(name: str) -> bool:
    try:
        zone_named(name)
    except ValueError:
        return False
    return True
