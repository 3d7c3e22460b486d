"""What a unit calls late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

CERTAIN = timedelta(0)


@dataclass(frozen=True)
class Policy:
    """One unit's lateness policy. All durations are elapsed time."""

    grace: timedelta = timedelta(hours=24)
    """From the end of a duty to its deadline."""
    gap_tolerance: timedelta = timedelta(minutes=15)
    """How long a bay may have been unwatched in all before that spoils a verdict; 0 is strict."""
    merge_gap: timedelta = timedelta(hours=2)
    """Shifts of one officer with one camera no further apart than this are one duty."""
    early_tolerance: timedelta = timedelta(minutes=60)
    """How long before his start an officer may take his camera."""
    offline_after: timedelta = timedelta(minutes=15)
    """A station silent for so long is not waited for."""
    relevant_for: timedelta = timedelta(days=30)
    """A station where the camera docked so shortly before duty end could have seen it return."""

    @property
    def tolerated_gap(self) -> timedelta:
        """`gap_tolerance`, but never more than a quarter of `grace`: with a grace of minutes or seconds the usual
        tolerance would swallow the whole time in which a return could have been seen."""
        return min(self.gap_tolerance, self.grace / 4)


USUAL = Policy()
