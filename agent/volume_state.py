"""Tells udev whether a camera's file system was left clean: `DOCK_VOLUME=clean` or `dirty`; else nothing.

udev runs it as root for each USB volume (systemd/udev/90-dock-agent.rules), so that the agent needs no right to open
a device. It reads 2 KiB, writes nothing, and imports next to nothing.
"""

from __future__ import annotations

import os.path
import sys

if not __package__:  # started by its path: only this program's own folder is looked at
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.realpath(__file__))))  # noqa: PTH120 - pathlib is slow to import

from agent.adapters.volume_head import read_health


def main(node: str) -> str:
    """The line for udev; empty when the device cannot be read or is of no kind that we know."""
    try:
        health = read_health(node)
    except OSError:
        return ""
    if health is None or not health.kind:
        return ""
    return f"DOCK_VOLUME={'dirty' if health.dirty else 'clean'}"


if __name__ == "__main__":
    print(main(sys.argv[1]))
