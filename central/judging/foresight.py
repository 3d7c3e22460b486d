"""What a roster would do to verdicts, before anything is imported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from django.db.models import Min

from central.config import CentralConfig
from central.custody.models import DockSession
from central.fleet.models import Credential
from central.roster.csv_file import RosterRow
from central.roster.models import Shift
from central.roster.shifts import batches

Docked = list[tuple[datetime, datetime | None]]
"""From, until; None: still."""


def count_late(config: CentralConfig, now: datetime) -> Callable[[Sequence[RosterRow]], int]:
    """Counts cameras whose deadline has passed without a dock: a rough question whose answer only asks a person to
    look. It asks of each shift alone, and of what was watched only whether a home station was there at all."""

    def count(rows: Sequence[RosterRow]) -> int:
        due = [row for row in rows if row.status not in Shift.NOBODYS and _deadline(row, config) <= now]
        since = _first_there() if due else {}
        judged = [row for row in due if any(since.get(name, now) <= row.ends_at for name in row.stations)]
        docked = _docked(judged, now)
        missing = (row for row in judged if not _came_back(docked.get(row.camera_serial, []), row, config))
        return len({row.camera_serial for row in missing})

    return count


def _deadline(row: RosterRow, config: CentralConfig) -> datetime:
    return row.ends_at + config.grace_for(row.unit)


def _first_there() -> dict[str, datetime]:
    """When each station's first PC enrolled: of what ended before, nobody is accused."""
    return dict(Credential.objects.values_list("station_id").annotate(Min("created_at")))


def _docked(rows: Sequence[RosterRow], now: datetime) -> dict[str, Docked]:
    """The docks of these cameras that matter to any of these shifts."""
    found: dict[str, Docked] = {}
    earliest = min((row.ends_at for row in rows), default=now)
    for batch in batches(row.camera_serial for row in rows):
        docks = DockSession.objects.filter(camera__in=batch, docked_at__lte=now).exclude(undocked_at__lt=earliest)
        for camera, since, until in docks.values_list("camera", "docked_at", "undocked_at"):
            found.setdefault(camera, []).append((since, until))
    return found


def _came_back(docked: Docked, row: RosterRow, config: CentralConfig) -> bool:
    deadline = _deadline(row, config)
    return any(since <= deadline and (until is None or until >= row.ends_at) for since, until in docked)
