"""`dock-agent run`"""

from __future__ import annotations

import argparse
import signal
import sys

# structlog imports rich by itself when it is installed: 4 to 7 MiB that a daemon never uses.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

from agent import config  # noqa: E402
from agent.cli import logs  # noqa: E402
from agent.daemon.station import Station  # noqa: E402


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logs.to_stdout()
    station = Station(settings)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: station.tell_to_stop())
    try:
        station.start()
        failure = station.wait()
    finally:
        station.stop()
    return 0 if failure is None else 3
