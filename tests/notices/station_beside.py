"""A station that tells the central of one DIR of itself, beside the running server. Run as a module with DIR.

One shift has just ended, its camera is out. The station beats until a line comes, then the camera docks; it goes on
until stdin ends.
"""

from __future__ import annotations

import select
import sys
from datetime import timedelta

import django


def main() -> None:
    django.setup()
    from central import clock
    from tests.judging.court import LONG_AGO, roster, watching
    from tests.watching.telling import NOON

    def minute() -> float:
        return (clock.now() - NOON) / timedelta(minutes=1)

    east = watching(since=LONG_AGO)
    east.undock(minute() - 480, east.dock(minute() - 500, absent=minute() - 500))
    roster("S1", starts=minute() - 480, ends=minute(), said=minute() - 500)
    print("out", flush=True)
    while True:
        east.beat(minute())
        if select.select([sys.stdin], [], [], 0.2)[0]:
            if not sys.stdin.readline():
                return
            east.dock(minute(), absent=minute())
            print("docked", flush=True)


if __name__ == "__main__":
    main()
