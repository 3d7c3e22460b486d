"""A city in a real central: it says the planted truth of all that was watched, and accuses nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.kansas_city.city import DAY, Kind, Size
from simulator.kansas_city.expecting import UNKNOWN, expected_of
from simulator.kansas_city.plan import Truth, plan_city
from tests.central_server import DOCK_CENTRAL, ROOT
from tests.scale import amount, seed

CAMERAS, DAYS = amount(ci=50, soak=800), amount(ci=9, soak=62)
FULL = Size()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=7000, check=False)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_central_says_the_planted_truth_of_every_return_that_was_watched(
    tmp_path: Path, tally: Callable[[str], None]
) -> None:
    home, size = tmp_path / "kc", ("--cameras", str(CAMERAS), "--days", str(DAYS), "--seed", str(seed(1)))
    played = run(sys.executable, "-m", "simulator", "kansas-city", str(home), *size, "--json")
    assert played.returncode == 0, played.stderr[-2000:] + played.stdout[-4000:]
    told = json.loads(played.stdout)
    assert told["wrongly_accused"] == told["differing"] == []
    assert told["said"] == told["planted"]
    assert told["planted"]["returns"] > 0.8 * told["shifts"]
    assert told["planted"]["late"] > 0
    assert told["beside"]["beside"] > 0, "a station was dark, and somebody's return cannot be told"
    _agrees_with_its_own_measures(told)
    _agrees_with_its_export(home, told)
    late, beside = told["planted"]["late_percent"], told["beside"]["beside"]
    tally(
        f"Kansas City, {CAMERAS} cameras, {DAYS} days: {told['planted']['returns']} of {told['shifts']} returns "
        f"watched, {late:.2f} % late, all as planted; {beside} indeterminate beside; nobody wrongly accused"
    )


def _agrees_with_its_own_measures(told: dict[str, Any]) -> None:
    both = told["said"], told["beside"]
    late, on_time, out = (sum(one[name] for one in both) for name in ("late", "on_time", "outstanding"))
    measures = told["measures"]
    assert measures["M2 late"] == [late, late + on_time + out]
    assert measures["M1 on_time"] == [on_time, late + on_time + out]
    assert measures["M2 indeterminate"][0] == sum(one["beside"] for one in both)
    assert sum(measures[f"M3 days_{days}"][0] for days in (*range(1, 6), "more")) == late


def _agrees_with_its_export(home: Path, told: dict[str, Any]) -> None:
    out = run(*DOCK_CENTRAL, "export", "shifts", "--format", "json", "--data", str(home))
    rows = json.loads(out.stdout)
    assert len(rows) == told["shifts"]
    late = [row for row in rows if row["plain_verdict"] == "late"]
    assert len(late) == told["said"]["late"] + told["beside"]["late"]
    assert sum(row["verdict"] == "excused" for row in late) == told["said"]["excused"] + told["beside"]["excused"]


def test_the_full_city_is_as_large_as_the_audits_and_seven_in_a_hundred_are_one_to_five_days_late() -> None:
    plan = plan_city(FULL)
    returns = [post for post in plan.posts if post.truth is not Truth.NO_DUTY]
    late = [post.by for post in returns if post.by is not None]
    assert (FULL.cameras, FULL.stations, FULL.days) == (800, 40, 62)
    assert 24_000 < len(returns) < 26_000
    assert 0.068 < len(late) / len(returns) < 0.072
    assert all(1 * DAY <= by <= 5 * DAY for by in late)
    assert {
        kind: any(one.kind is kind for s in plan.stations for one in s.outages) for kind in Kind
    } == dict.fromkeys(Kind, True)
    said = [one.verdict for one in expected_of(plan).values()]
    assert 0.005 < said.count(UNKNOWN) / len(said) < 0.1


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    refused = run(sys.executable, "-m", "simulator", "kansas-city", str(tmp_path))
    assert refused.returncode == 1
    assert "nothing was changed" in refused.stderr
    assert [one.name for one in tmp_path.iterdir()] == ["mine"]
