"""The script of docs/, as whoever does not trust us runs it, and our own figures in its words."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from central.measures.measuring import Measures

SCRIPT = Path(__file__).resolve().parents[2] / "docs" / "recompute.py"
_spec = spec_from_file_location("recompute_script", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
_script: Any = module_from_spec(_spec)
_spec.loader.exec_module(_script)
recompute = _script.recompute


def in_its_words(told: Measures) -> dict[tuple[str, str, str], Any]:
    found: dict[tuple[str, str, str], Any] = {
        (one.measure, one.name, str(one.excuses)): (one.proportion.numerator, one.proportion.denominator)
        for one in told.figures
    }
    for days in told.days_late:
        for name, value in (("median", days.median_s), ("p90", days.p90_s), ("max", days.max_s)):
            found["M3", name, str(days.excuses)] = value
    return found
