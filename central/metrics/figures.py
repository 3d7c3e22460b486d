"""What the rows, the disk and this process say at one moment, as metrics. No label names a camera, an officer or a
file; stations are as many as IT added."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from importlib.metadata import version

from django.conf import settings
from django.db.models import Q
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from central.alarms.kinds import Kind
from central.alarms.models import Alarm
from central.custody.models import ParkedEvent, Receipt
from central.custody.turns import TURNS
from central.dashboard.health import worker_age_s
from central.fleet.liveness import NEVER_HEARD, NOT_ENROLLED, OFFLINE, ONLINE, STALE, UNHEALTHY
from central.fleet.overview import StationCondition, stations
from central.intake.workplace import verifier
from central.notices.models import Notice
from central.notices.outbox import trouble
from central.roster.freshness import roster_age

STATES = (NOT_ENROLLED, NEVER_HEARD, ONLINE, UNHEALTHY, STALE, OFFLINE)


class Figures(Collector):
    """Of the moment `now`; read from the database when they are collected."""

    def __init__(self, now: datetime) -> None:
        self._now = now

    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("dock_central_build", "Which central this is.", {"version": version("bwc-dock")})
        yield from _fleet(stations(settings.CONFIG.stations, self._now))
        yield from _work()
        yield from _telling()
        yield from _footage()
        age = roster_age(timedelta(0)).age(self._now)
        yield _gauge("dock_central_roster_age_seconds", "Since a roster was applied.", age and age.total_seconds())


def _fleet(found: list[StationCondition]) -> Iterator[Metric]:
    counted = Counter(one.state for one in found)
    states = {state: counted[state] for state in STATES}
    yield _labelled("dock_central_stations", "Stations by state.", "state", states)
    heard = {
        one.station_id: one.heartbeat.received_at.timestamp()
        for one in found
        if one.heartbeat is not None and one.state != NOT_ENROLLED
    }
    words = "The latest heartbeat of each enrolled station that was ever heard."
    yield _labelled("dock_central_heartbeat_timestamp_seconds", words, "station", heard)
    words = "The oldest of these."
    yield _gauge("dock_central_oldest_heartbeat_timestamp_seconds", words, min(heard.values(), default=None))


def _work() -> Iterator[Metric]:
    words = "Since the alert worker completed a round. More than 60: nobody is told anything."
    yield _gauge("dock_central_alert_worker_age_seconds", words, worker_age_s())
    in_doubt = settings.DATA.clock_in_doubt.exists()
    yield _gauge("dock_central_clock_in_doubt", "1 while stations contradict central's clock.", float(in_doubt))


def _telling() -> Iterator[Metric]:
    counted = Counter(Alarm.objects.filter(ended_at=None).values_list("kind", flat=True))
    kinds = {kind.value: counted[kind.value] for kind in Kind}
    yield _labelled("dock_central_alarms", "Open alarms by kind.", "kind", kinds)
    mail = trouble()
    yield _gauge("dock_central_mails_waiting", "Mails that wait to be handed over.", mail.waiting)
    failing = None if mail.failing_since is None else mail.failing_since.timestamp()
    words = "Since when the mail server takes none; no sample while it does."
    yield _gauge("dock_central_mail_failing_since_timestamp_seconds", words, failing)
    rows = Notice.objects.filter(mode=Notice.LIVE)
    yield CounterMetricFamily("dock_central_mails_sent", "Mails that were taken.", rows.exclude(sent_at=None).count())
    refused = rows.filter(~Q(refused_at=None), sent_at=None).count()
    yield CounterMetricFamily("dock_central_mails_refused", "Mails that were refused for good.", refused)


def _footage() -> Iterator[Metric]:
    yield _gauge("dock_central_uploads_in_flight", "Uploads whose bytes arrive now.", TURNS.held())
    yield _gauge(
        "dock_central_verify_backlog", "Files that are being read back, or wait for it.", verifier().backlog()
    )
    yield CounterMetricFamily("dock_central_receipts", "Receipts that were given.", Receipt.objects.count())
    yield _gauge("dock_central_events_parked", "Events that are not understood.", ParkedEvent.objects.count())
    disk = shutil.disk_usage(settings.DATA.root)
    yield _gauge("dock_central_store_free_bytes", "Free bytes of the store's disk.", disk.free)
    yield _gauge("dock_central_store_size_bytes", "Size of the store's disk.", disk.total)


def _gauge(name: str, words: str, value: float | None) -> Metric:
    """Without a sample where nobody can say."""
    return GaugeMetricFamily(name, words, value=value)


def _labelled(name: str, words: str, label: str, values: Mapping[str, float]) -> Metric:
    metric = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        metric.add_metric([key], value)
    return metric
