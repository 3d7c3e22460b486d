"""`dock-agent run`"""

from __future__ import annotations

import argparse
import itertools
import random
import signal
import sys
import threading

# structlog imports rich by itself when it is installed: 4 to 7 MiB that a daemon never uses.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

from agent import config  # noqa: E402
from agent.cli import logs  # noqa: E402
from agent.daemon.station import Station  # noqa: E402
from agent.errors import DockError, LedgerEnded  # noqa: E402
from agent.rules.backoff import next_delay  # noqa: E402


def main(arguments: argparse.Namespace) -> int:
    settings = config.load(arguments.config)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logs.to_stdout()
    stopping = threading.Event()
    for attempt in itertools.count(1):
        failure = _work(settings, stopping)
        if not isinstance(failure, LedgerEnded) or stopping.wait(_pause(attempt)):
            break
    return 0 if failure is None or stopping.is_set() else 3


def _work(settings: config.Config, stopping: threading.Event) -> DockError | None:
    """One station from start to stop; why it could not go on. After LedgerEnded the next one has a new ledger."""
    station = Station(settings)

    def tell_to_stop(*_: object) -> None:
        stopping.set()
        station.tell_to_stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell_to_stop)
    if stopping.is_set():  # told while the station was being built
        station.tell_to_stop()
    try:
        station.start()
        return station.wait()
    finally:
        station.stop()


def _pause(attempt: int) -> float:
    return next_delay(attempt, random.random())  # noqa: S311 - spreads stations, guards nothing
