"""Central's `/metrics`, as a real central serves it and as promtool and Prometheus' parser read it; and the example
alerts."""

from __future__ import annotations

import subprocess
import uuid
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests
from django.test import RequestFactory
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from central.config import CentralConfig, Web
from central.metrics import page
from protocol import messages
from tests.central.conftest import StockedServer, central, fresh
from tests.central.station_client import clock_at, sha256
from tests.conftest import promtool

__all__ = ["central", "fresh"]

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "metrics.md").read_text()
ALERTS = "config/prometheus/dock-central-alerts.yml"


def run_promtool(*arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    tool = promtool()
    assert tool is not None
    return subprocess.run(
        [tool, *arguments], cwd=ROOT, input=text, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.part("promtool")
def test_a_real_central_is_scraped_and_no_camera_and_no_file_becomes_a_label(central: StockedServer) -> None:
    station = central.join()
    name = station.enrolled.station
    beat = messages.Heartbeat(sequence=1, version="1", at=clock_at(), uptime_s=1.0)
    assert station.call("POST", "/heartbeats", beat).status_code == 200
    asset = station.deliver(b"footage", camera="CAM-0815", path=b"CLIP-0815.MP4")
    assert station.verify(asset, sha256(b"footage"), 7).status_code == 200
    requests.get(f"{central.url}/no/such/{uuid.uuid4()}", timeout=30)
    answer = requests.get(f"{central.url}/metrics", timeout=60)
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    done = run_promtool("check", "metrics", text=answer.text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert values["dock_central_stations", ("state", "online")] >= 1
    assert values["dock_central_stations", ("state", "not_enrolled")] >= 1
    assert ("dock_central_heartbeat_timestamp_seconds", ("station", name)) in values
    assert values[("dock_central_receipts_total",)] >= 1
    assert values["dock_central_alarms", ("kind", "station_silent")] == 0
    assert values[("dock_central_store_free_bytes",)] > 0
    heartbeats = ("endpoint", "/api/v1/heartbeats"), ("method", "POST"), ("status", "200")
    assert values["dock_central_requests_total", *heartbeats] >= 1
    assert values["dock_central_requests_total", ("endpoint", "other"), ("method", "GET"), ("status", "404")] >= 1
    assert values["dock_central_request_duration_seconds_count", ("endpoint", "/api/v1/uploads")] >= 1
    for secret in ("CAM-0815", "CLIP-0815", str(asset), station.enrolled.credential):
        assert secret not in answer.text
    names = {line.split()[2] for line in answer.text.splitlines() if line.startswith("# TYPE")}
    assert {one for one in names if f"`{one}`" not in DOCS} == set(), "every metric is explained"
    station.close()


class Nothing:
    def __init__(self, now: datetime) -> None: ...
    def collect(self) -> list[Metric]:
        return []


@pytest.mark.parametrize(
    ("token", "peer", "headers", "status"),
    [
        (None, "127.0.0.1", {}, 200),
        (None, "::1", {}, 200),
        (None, "10.0.0.7", {}, 401),
        (None, "", {}, 401),
        (None, "127.0.0.1", {"HTTP_X_FORWARDED_FOR": "10.0.0.7"}, 401),
        (None, "127.0.0.1", {"HTTP_FORWARDED": "for=10.0.0.7"}, 401),
        ("secret\n", "10.0.0.7", {"HTTP_AUTHORIZATION": "Bearer secret"}, 200),
        ("secret\n", "10.0.0.7", {"HTTP_AUTHORIZATION": "Bearer secre"}, 401),
        ("secret\n", "10.0.0.7", {"HTTP_AUTHORIZATION": "Basic secret"}, 401),
        ("secret\n", "127.0.0.1", {}, 401),
        ("\n", "127.0.0.1", {"HTTP_AUTHORIZATION": "Bearer "}, 503),
        ("", "127.0.0.1", {}, 503),
    ],
)
def test_who_may_scrape(
    token: str | None,
    peer: str,
    headers: dict[str, str],
    status: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: SimpleNamespace,
) -> None:
    place = tmp_path / "token"
    if token:
        place.write_text(token)
    settings.CONFIG = CentralConfig(web=Web(metrics_token_file="" if token is None else str(place)))
    monkeypatch.setattr(page, "Figures", Nothing)
    asked = RequestFactory().get("/metrics", REMOTE_ADDR=peer, **headers)
    assert page.metrics(asked).status_code == status


@pytest.mark.part("promtool")
def test_the_example_alerts_are_right_and_silent_for_a_central_that_is_well() -> None:
    for arguments in (("check", "rules", ALERTS), ("test", "rules", "tests/metrics/dock-central-alerts.test.yml")):
        done = run_promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
