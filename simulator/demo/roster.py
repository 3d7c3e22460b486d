"""The roster of the story: who has which camera, until when, and who hears of it if it does not come back."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

NIGHT, DAY = "Night Patrol", "Day Patrol"
GRACE = {NIGHT: timedelta(seconds=8), DAY: timedelta(hours=1)}
"""By unit. A quarter of it is the gap in a watch that is forgiven: much less would ask too much of a busy machine."""
SERGEANT, LIEUTENANT = "sgt.lee@dock.example", "lt.kim@dock.example"
SUPERVISORS = {NIGHT: SERGEANT, DAY: LIEUTENANT}
OFFICERS = {
    "BWC0412": "Alex Person",
    "BWC0413": "Sam Person",
    "BWC0414": "Kit Person",
    "BWC0415": "Pat Example",
    "BWC0416": "Robin Sample",
}
COLUMNS = (
    *("shift_id", "officer_id", "officer_name", "camera_serial", "starts_at", "ends_at", "supervisor_email"),
    *("station_id", "unit"),
)


@dataclass(frozen=True)
class Shift:
    """One shift as the scheduler has it."""

    shift_id: str
    camera: str
    unit: str
    home: str
    """The station where the camera is expected."""
    ends_at: datetime
    starts_at: datetime

    @property
    def officer(self) -> str:
        return OFFICERS[self.camera]

    @property
    def supervisor(self) -> str:
        return SUPERVISORS[self.unit]

    @property
    def deadline(self) -> datetime:
        return self.ends_at + GRACE[self.unit]


def drop(folder: Path, name: str, shifts: Iterable[Shift]) -> None:
    """Put a roster into central's folder, under its name only when it is whole."""
    draft = folder / f".{name}"
    draft.write_bytes(as_csv(shifts))
    draft.rename(folder / name)


def as_csv(shifts: Iterable[Shift]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in shifts:
        times = (one.starts_at.isoformat(), one.ends_at.isoformat())
        who = (one.shift_id, one.camera.removeprefix("BWC"), one.officer, one.camera)
        writer.writerow([*who, *times, one.supervisor, one.home, one.unit])
    return out.getvalue().encode()
