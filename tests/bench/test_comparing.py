from __future__ import annotations

import json
from pathlib import Path

from tests.bench.comparing import compare
from tests.bench.rows import Row


def told(*ours: float, name: str = "stage") -> list[dict[str, object]]:
    return [Row(name, "MB/s", ours, "cp", (100.0,) * len(ours)).as_json()]


def written(folder: Path, rows: list[dict[str, object]]) -> Path:
    baseline = folder / "baseline.json"
    baseline.write_text(json.dumps(rows))
    return baseline


def test_a_ratio_far_below_the_baseline_fails_and_is_named(tmp_path: Path, capsys: object) -> None:
    assert compare(told(60, 61, 62), written(tmp_path, told(99, 100, 101))) == 1
    assert "worse: stage beside cp: 0.61 after 1.0" in capsys.readouterr().out  # type: ignore[attr-defined]


def test_the_same_ratio_passes(tmp_path: Path) -> None:
    assert compare(told(98, 99, 97), written(tmp_path, told(99, 100, 101))) == 0


def test_a_low_median_within_the_baselines_spread_is_noise(tmp_path: Path) -> None:
    assert compare(told(50, 60, 95), written(tmp_path, told(90, 100, 101))) == 0


def test_a_run_that_measured_nothing_of_the_baseline_does_not_pass(tmp_path: Path) -> None:
    assert compare(told(100, name="other"), written(tmp_path, told(100))) == 1
