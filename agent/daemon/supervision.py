"""Obeys a running station's orders, feeds the watchdog with its progress, and says how it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from queue import Empty

import structlog

from agent.adapters.notify import Notifier
from agent.adapters.profile_files import load_profiles, read_profiles
from agent.config import Config
from agent.daemon.applying import apply
from agent.daemon.opening import switched
from agent.daemon.reloading import reloaded
from agent.daemon.station import Order, Station
from agent.errors import ConfigError, DockError, LedgerEnded
from agent.rules.watchdog import OWN_LIMIT_S, hung

log = structlog.get_logger(__name__)

LOOK_S = 1.0
STARTING = "started; looking at the bays"


class Supervisor:
    """Runs in the main thread, which does no other work: whatever hangs, it does not."""

    def __init__(self, station: Station, notifier: Notifier, reread: Callable[[], Config]) -> None:
        """`reread` reads the configuration again; it raises DockError when that cannot be used."""
        self._station = station
        self._notifier = notifier
        self._reread = reread
        self._own_limit_s = notifier.watchdog_s or OWN_LIMIT_S
        self._look_s = min(LOOK_S, (notifier.watchdog_s or LOOK_S) / 4)
        self._said = ""

    def watch(self) -> DockError | None:
        """Until the station is told to stop or cannot go on; why it could not. It has been started."""
        self._notifier.ready(self._summary())
        while True:
            match self._order():
                case Order.STOP:
                    failure = self._station.failure
                    if not isinstance(failure, LedgerEnded):  # then this process goes on, with a new ledger
                        self._notifier.stopping()
                    return failure
                case Order.RELOAD:
                    self._reload()
            self._look()

    def _order(self) -> Order | None:
        try:
            return self._station.orders.get(timeout=self._look_s)
        except Empty:
            return None

    def _look(self) -> None:
        stuck = hung((loop.pulse for loop in self._station.loops), self._own_limit_s)
        if stuck and stuck != self._station.hung:
            log.error("loops_hang", loops=stuck, watchdog_s=self._notifier.watchdog_s)
        self._station.hung = stuck
        if not stuck:
            self._notifier.alive()
        summary = f"HUNG: {', '.join(stuck)}" if stuck else self._summary()
        if summary != self._said:
            self._notifier.status(summary)
            self._said = summary

    def _summary(self) -> str:
        return str(self._station.facts.get("summary", STARTING))

    def _reload(self) -> None:
        """A new configuration that is wrong in any way changes nothing."""
        self._notifier.reloading()
        station, now = self._station, self._station.clock.now().wall
        try:
            fresh = self._reread()
            load_profiles(fresh.site_profiles)
            switched(read_profiles(fresh.site_profiles), fresh)  # they count after a restart, and must be right now
        except DockError as error:
            problems = tuple(error.problems if isinstance(error, ConfigError) else [str(error)])
            station.config_news = replace(station.config_news, read_at=now, problems=problems)
            log.error("config_refused", problems=problems, counts="the old one")  # noqa: TRY400 - no bug, no traceback
            self._notifier.ready("new configuration refused, the old one counts (see the log)")
            return
        news = reloaded(station.config, fresh)
        apply(station, news)
        station.config_news = replace(station.config_news, read_at=now, problems=(), need_restart=news.need_restart)
        log.info("config_reloaded", changed=news.changed, need_restart=news.need_restart)
        restart = f"; restart needed for {', '.join(news.need_restart)}" if news.need_restart else ""
        self._notifier.ready(f"configuration reloaded{restart}")
