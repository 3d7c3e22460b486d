"""`dock-agent run`"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import sys
import threading
import time
from pathlib import Path

# structlog imports rich by itself when it is installed: 4 to 7 MiB that a daemon never uses.
sys.modules.setdefault("rich", None)  # type: ignore[arg-type]

from agent import config  # noqa: E402
from agent.adapters.notify import Notifier  # noqa: E402
from agent.cli import logs  # noqa: E402
from agent.config import Config  # noqa: E402
from agent.daemon.station import Order, Station  # noqa: E402
from agent.daemon.supervision import Supervisor  # noqa: E402
from agent.errors import DockError, LedgerEnded  # noqa: E402
from agent.rules.backoff import next_delay  # noqa: E402

FEED_S = 0.5


def main(arguments: argparse.Namespace) -> int:
    # A reload that comes before there is anything to reload must not end the process, as SIGHUP does by itself.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    notifier = Notifier(os.environ, os.getpid())
    settings = config.load(arguments.config)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logs.to_stdout(settings.station.id)
    stopping = threading.Event()
    for attempt in itertools.count(1):
        failure, settings = _work(settings, arguments.config, stopping, notifier)
        if not isinstance(failure, LedgerEnded) or _paused(attempt, stopping, notifier):
            break
    return 0 if failure is None or stopping.is_set() else 3


def _work(
    settings: Config, path: Path, stopping: threading.Event, notifier: Notifier
) -> tuple[DockError | None, Config]:
    """One station from start to stop; why it could not go on, and the configuration that counted last. After
    LedgerEnded the next one has a new ledger."""
    station = Station(settings)

    def tell_to_stop(*_: object) -> None:
        stopping.set()
        station.orders.put(Order.STOP)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, tell_to_stop)
    signal.signal(signal.SIGHUP, lambda *_: station.orders.put(Order.RELOAD))
    if stopping.is_set():  # told while the station was being built
        station.orders.put(Order.STOP)
    try:
        station.start()
        return Supervisor(station, notifier, lambda: config.load(path)).watch(), station.config
    finally:
        station.stop()


def _paused(attempt: int, stopping: threading.Event, notifier: Notifier) -> bool:
    """Let time pass before the next ledger is begun; whether the process was told to stop meanwhile."""
    until = time.monotonic() + next_delay(attempt, random.random())  # noqa: S311 - spreads stations, guards nothing
    while time.monotonic() < until and not stopping.wait(FEED_S):
        notifier.alive()
    return stopping.is_set()
