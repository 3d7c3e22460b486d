"""A small month, played by the command: every trouble that was planted was told, and nothing beside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.central_server import ROOT

EXPECTED = {
    "loop_stuck": "station_unhealthy",
    "disk_low": "disk_low",
    "clock_off": "clock_off",
    "bay_trouble": "bay_in_trouble",
    "bad_cable": "bay_in_trouble",
    "card_unreadable": "camera_unreadable",
    "put_aside": "quarantined_file",
    "unknown_camera": "unknown_camera",
    "crash_loop": "crash_loop",
    "revoked_pc": "credential_refused",
    "two_pcs": "two_pcs",
    "site_dark": "station_silent",
    "no_roster": "roster_too_old",
}
MAY_FOLLOW = {"drift", "version_too_old", "site_silent", "oldest_unreceipted_too_old", "disk_filling"}


@pytest.mark.timeout(240)
def test_in_a_small_month_each_trouble_is_an_alarm_and_no_alarm_is_without_a_trouble(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator", "it-month", str(tmp_path / "central")]
    done = subprocess.run(
        [*command, "--stations", "2", "--days", "4", "--seed", "3", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=220,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    month = json.loads(done.stdout)
    assert set(month["opened"]) - set(EXPECTED.values()) - MAY_FOLLOW == set()
    assert sum(month["told"].values()) <= sum(month["opened"].values())
    assert month["mails"]["new"] >= 1
    assert sum(month["mails"].values()) < 60
