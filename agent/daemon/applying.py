"""Lets a running station take over a configuration that was read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import structlog

from agent.config import Config
from agent.daemon.reloading import Reload
from agent.daemon.station import Station, timetable
from agent.rules.backoff import PATIENCE

log = structlog.get_logger(__name__)


def apply(station: Station, reload: Reload) -> None:
    """Only keys of `reloading.LIVE` differ. Nothing here can fail half-way: each is one assignment."""
    config = reload.config
    station.config = config
    _to_sessions(station, config)
    station.spool.min_free = config.spool.min_free
    station.keeper.keep = timedelta(seconds=config.spool.keep)
    station.transfer.limit(timetable(config))
    station.pings.use(config.heartbeat.ping_urls)
    station.rounds.interval_s = config.heartbeat.interval
    for name in ("heartbeat", "outbox"):
        station.by_name[name].patience_s = config.heartbeat.interval / PATIENCE
    if "heartbeat.interval" in reload.changed:
        station.by_name["heartbeat"].nudge()
    if {"erase.policy", "erase.min_age"} & set(reload.changed):
        station.bays.nudge()


def _to_sessions(station: Station, config: Config) -> None:
    station.bench.settings = replace(
        station.bench.settings,
        bay_labels=config.bays,
        erase_after_receipt=config.erase.policy == "after-receipt",
        erase_min_age=timedelta(seconds=config.erase.min_age),
    )
    station.board.labels = config.bays
    for board in station.bays.boards():
        board.bay_label = config.bays.get(board.bay, board.bay)
