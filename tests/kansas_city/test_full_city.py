"""A whole city in the database, small: what it holds is in order, and every page opens."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

from tests.central_server import DOCK_CENTRAL, ROOT


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)


def test_a_small_city_is_filled_its_ledgers_hold_and_each_page_opens(tmp_path: Path) -> None:
    home = str(tmp_path / "city")
    size = ("--cameras", "10", "--days", "9", "--assets", "300")
    filled = run(sys.executable, "-m", "simulator", "full-city", home, *size)
    assert filled.returncode == 0, filled.stderr[-2000:]
    assert "asset: 300" in filled.stdout
    ledgers = json.loads(run(*DOCK_CENTRAL, "export", "ledgers", "--format", "json", "--data", home).stdout)
    assert sum(one["head_number"] for one in ledgers) > 1500
    rows = run(*DOCK_CENTRAL, "export", "views", "--format", "csv", "--data", home).stdout
    assert next(csv.reader(io.StringIO(rows)))[:3] == ["number", "at", "by"]
    timed = run(sys.executable, "-m", "simulator", "page-times", home, "--rounds", "1", "--limit", "100000")
    assert timed.returncode == 0, timed.stderr[-2000:]
    assert "(status" not in timed.stdout, timed.stdout
    assert "`/trends/footage`" in timed.stdout
    again = run(sys.executable, "-m", "simulator", "full-city", home)
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr
