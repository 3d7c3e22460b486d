"""A department whose every dispatch has a planted truth: central finds it row by row. The comparison can fail."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

from simulator.history.comparing import Compared, Line
from simulator.history.planting import COVERING, Fate, Size, plant
from tests.central_server import ROOT

SMALL = Size(cameras=40, videos=3200, dispatches=1500)


def test_what_is_planted_is_found_by_the_commands_of_a_real_central(tmp_path: Path) -> None:
    options = ("--cameras", "40", "--videos", "3200", "--dispatches", "1500")
    command = [sys.executable, "-m", "simulator", "history", str(tmp_path / "kc"), *options]
    played = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert played.returncode == 0, played.stdout + played.stderr[-2000:]
    assert "DIFFERS" not in played.stdout
    again = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=170, check=False)
    assert again.returncode == 1
    assert "nothing was changed" in again.stderr


def test_the_shares_of_the_audit_are_planted_and_each_cause_occurs() -> None:
    history = plant(SMALL)
    fates = Counter(call.fate for call in history.calls)
    assert set(fates) == set(Fate)
    assert sum(fates.values()) == SMALL.dispatches
    assert sum(count for fate, count in fates.items() if fate not in COVERING) == SMALL.dispatches // 5
    assert len(history.videos) == SMALL.videos
    late = sum(shift.is_late for shift in history.shifts) / len(history.shifts)
    assert 0.06 < late < 0.08
    assert plant(SMALL).calls == history.calls


def test_a_figure_that_differs_or_is_not_said_is_no_match() -> None:
    assert Compared([Line("a", 1, 1)]).holds
    assert not Compared([Line("a", 1, 1), Line("b", 2, 3)]).holds
    assert not Compared([Line("a", 1, None)]).holds
