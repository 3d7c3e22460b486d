"""The station's snapshot in Prometheus' text format. Labels are bounded: bays that IT named, never cameras."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from agent.rules.bay_words import BayState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(facts: Mapping[str, Any], age_s: float) -> bytes:
    """What Prometheus reads. `age_s`: how old the snapshot is, in seconds."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Facts([*_process(facts, age_s), *_bays(facts), *_work(facts), *_central(facts)]))
    return generate_latest(registry)


class _Facts(Collector):
    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _process(facts: Mapping[str, Any], age_s: float) -> Iterator[Metric]:
    told = {"version": facts["version"], "station": facts["station"]}
    yield InfoMetricFamily("dock_agent_build", "Which agent this is.", told)
    yield _gauge("dock_snapshot_age_seconds", "Age of the figures below; an agent that hangs lets it grow.", age_s)
    ages = {name: loop["age_s"] for name, loop in facts["loops"].items()}
    yield _labelled("dock_loop_age_seconds", "Time since each loop last completed a round.", "loop", ages)
    yield _gauge("dock_loops_hung", "Loops that make no progress: the watchdog is not fed.", len(facts["hung"]))
    config = facts["config"]
    yield _gauge("dock_config_refused", "1 while a new configuration is refused.", float(bool(config["problems"])))
    needed = len(config["need_restart"])
    yield _gauge("dock_config_restart_keys", "Keys that changed and need a restart.", needed)


def _bays(facts: Mapping[str, Any]) -> Iterator[Metric]:
    states = dict.fromkeys((str(state) for state in BayState if state is not BayState.FREE), 0)
    says = {bay["bay"]: bay["says"] for bay in facts["bays"]}
    for word in says.values():
        states[word] = states.get(word, 0) + 1
    yield _labelled("dock_bays", "Bays that are not free, by what they say.", "state", states)
    named = {label: float(says.get(bay, "free") != "free") for bay, label in facts["bays_configured"].items()}
    yield _labelled("dock_bay_occupied", "1 while this bay of the configuration is not free.", "bay", named)


def _work(facts: Mapping[str, Any]) -> Iterator[Metric]:
    yield _labelled("dock_assets", "Files that this station knows, by state.", "state", facts["assets"])
    yield _gauge("dock_queue_files", "Files without a receipt.", facts["queue"]["files"])
    yield _gauge("dock_queue_bytes", "Bytes of files without a receipt.", facts["queue"]["bytes"])
    oldest = facts["queue"]["oldest_unreceipted_at"]
    yield _instant("dock_oldest_unreceipted_timestamp_seconds", "When the oldest of them was first seen.", oldest)
    yield _gauge("dock_spool_free_bytes", "Free bytes of the spool's disk.", facts["spool"]["free"])
    yield _gauge("dock_spool_size_bytes", "Size of the spool's disk.", facts["spool"]["total"])
    yield _gauge("dock_spool_min_free_bytes", "Below this, copies wait on cards.", facts["spool"]["min_free"])
    uploads = facts["uploads"]
    yield _gauge("dock_uploads_in_flight", "Uploads under way.", len(uploads["now"]))
    yield _gauge("dock_uploads_in_trouble", "Files that sit out a trouble.", len(uploads["in_trouble"]))


def _central(facts: Mapping[str, Any]) -> Iterator[Metric]:
    central, heartbeat, roster = facts["central"], facts["heartbeat"], facts["roster"]
    yield _gauge("dock_central_reachable", "1 while central answers heartbeats.", float(central["reachable"]))
    yield CounterMetricFamily("dock_heartbeats", "Heartbeats tried, over restarts.", heartbeat["sequence"])
    yield _instant("dock_heartbeat_attempt_timestamp_seconds", "The latest heartbeat.", heartbeat["attempted_at"])
    yield _instant("dock_heartbeat_answer_timestamp_seconds", "The latest answered one.", heartbeat["answered_at"])
    yield _gauge("dock_events_unsent", "Custody events that central has not acknowledged.", central["events_unsent"])
    offset = central["clock_offset_ms"]
    ahead = None if offset is None else offset / 1000
    yield _gauge("dock_clock_offset_seconds", "How far this clock is ahead of central's.", ahead)
    yield _gauge(
        "dock_roster_age_seconds", "Since central confirmed the roster.", roster["age_s"] if roster else None
    )


def _gauge(name: str, words: str, value: float | None) -> Metric:
    """Without a sample where nobody can say."""
    return GaugeMetricFamily(name, words, value=value)


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric


def _instant(name: str, words: str, instant: str | None) -> Metric:
    return _gauge(name, words, datetime.fromisoformat(instant).timestamp() if instant else None)
