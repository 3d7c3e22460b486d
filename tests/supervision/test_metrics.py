"""`/metrics`, as a real agent serves it and as promtool and Prometheus' parser read it; and the example alerts."""

from __future__ import annotations

import subprocess
import urllib.request
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.conftest import central, new_central, station
from tests.conftest import promtool
from tests.dock_station import DockStation, eventually

__all__ = ["central", "new_central", "station"]

ROOT = Path(__file__).resolve().parents[2]
DOCS = (ROOT / "docs" / "operations.md").read_text()


def scraped(station: DockStation) -> str:
    (listening,) = eventually(lambda: station.logged("status_page_listening"), why="the page listens")
    with urllib.request.urlopen(f"{listening['url']}/metrics", timeout=20) as answer:  # noqa: S310 - our own page
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return str(answer.read().decode())


def linted(text: str) -> subprocess.CompletedProcess[str]:
    tool = promtool()
    assert tool is not None
    return subprocess.run(
        [tool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.part("promtool")
def test_a_real_agent_is_scraped_and_no_camera_and_no_file_becomes_a_label(station: DockStation) -> None:
    station.write_config('[bays]\n"Shelf 1" = "Bay 1"\n')
    station.dock("CAM-1", "--files", "2", "--size", "64KiB")
    station.start()
    station.wait_safe("CAM-1")
    text = scraped(station)
    done = linted(text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    values = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert values["dock_bays", ("state", "safe to remove")] == 1
    assert values["dock_bay_occupied", ("bay", "Bay 1")] == 0
    assert values["dock_assets", ("state", "ERASED")] >= 2
    assert values[("dock_central_reachable",)] == 1
    assert values[("dock_heartbeats_total",)] >= 1
    assert any(name == "dock_agent_build_info" for name, *_ in values)
    assert "CAM-1" not in text
    assert ".MP4" not in text
    assert len(text.splitlines()) < 150
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert {name for name in names if f"`{name}`" not in DOCS} == set(), "every metric is explained"


@pytest.mark.part("promtool")
def test_promtool_finds_what_is_wrong() -> None:
    assert linted("# TYPE dock_things counter\ndock_things 1\n").returncode != 0


@pytest.mark.part("promtool")
@pytest.mark.parametrize(
    "command",
    [
        ["check", "rules", "config/prometheus/dock-alerts.yml"],
        ["test", "rules", "tests/supervision/dock-alerts.test.yml"],
    ],
    ids=["check", "test"],
)
def test_the_example_alerts_are_right_and_fire_when_they_should(command: list[str]) -> None:
    tool = promtool()
    assert tool is not None
    done = subprocess.run([tool, *command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
