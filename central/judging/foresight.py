"""What a roster would do to verdicts, before anything is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Q

from central.config import CentralConfig
from central.custody.models import DockSession
from central.roster.csv_file import RosterRow
from central.roster.models import Shift


def count_late(config: CentralConfig, now: datetime) -> Callable[[Sequence[RosterRow]], int]:
    """Counts cameras whose deadline has passed without a dock: a rough question whose answer only asks a person to
    look, so it leaves out what was watched, and asks of each shift alone."""

    def count(rows: Sequence[RosterRow]) -> int:
        overdue = [
            row for row in rows if row.status not in Shift.NOBODYS and row.ends_at + config.grace_for(row.unit) <= now
        ]
        return len({row.camera_serial for row in overdue if not _docked(row, config)})

    return count


def _docked(row: RosterRow, config: CentralConfig) -> bool:
    still_there = Q(undocked_at=None) | Q(undocked_at__gte=row.ends_at)
    deadline = row.ends_at + config.grace_for(row.unit)
    return DockSession.objects.filter(still_there, camera=row.camera_serial, docked_at__lte=deadline).exists()
