"""M3: how late the late ones were."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil

from central.measures.counting import Excuses, part_of
from central.measures.duties import DAYS, CountedDuty


@dataclass(frozen=True)
class DaysLate:
    """Seconds from the deadline until the camera was last proven absent: late by at least that. None: nobody was."""

    excuses: Excuses
    late: int
    median_s: float | None
    p90_s: float | None
    max_s: float | None


def days_late(duties: Iterable[CountedDuty], excuses: Excuses) -> DaysLate:
    late = sorted(duty.last.late_by_s or 0 for duty in duties if part_of(duty, "days", excuses) in DAYS)
    return DaysLate(
        excuses, len(late), _nearest_rank(late, 0.5), _nearest_rank(late, 0.9), late[-1] if late else None
    )


def _nearest_rank(ascending: Sequence[float], quantile: float) -> float | None:
    """One of the values, never something between two: the least that so large a share of them does not exceed."""
    return ascending[ceil(quantile * len(ascending)) - 1] if ascending else None
