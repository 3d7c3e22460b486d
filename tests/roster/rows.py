"""Rosters as tests write them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from central.config import CentralConfig
from central.roster.csv_file import COLUMNS, RosterRow
from central.roster.importing import Bringing, Outcome, bring_in
from central.roster.plan import Limits

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
EVENING = datetime(2026, 11, 22, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("UTC")
CONFIG = CentralConfig()
RELAXED = Limits(moved_alike=1000, withdrawn_percent=100, late=1000)


def shift(shift_id: str, **more: object) -> RosterRow:
    """08:00 to 16:00 on 22 November, with camera C1 of officer 7, unless told otherwise."""
    usual = {
        "officer_id": "7",
        "officer_name": "Kim Lee",
        "camera_serial": "C1",
        "starts_at": EVENING - 8 * HOUR,
        "ends_at": EVENING,
        "supervisor_email": "chen@pd.example",
        "stations": ("east-1",),
        "unit": "East",
        "officer_email": "lee@pd.example",
        "status": "scheduled",
        "end_source": "",
    }
    return RosterRow(shift_id=shift_id, **{**usual, **more})  # type: ignore[arg-type]


def as_file(rows: Iterable[RosterRow]) -> bytes:
    """These shifts as a scheduler writes them."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS.known)
    for row in rows:
        cells = {name: getattr(row, name, "") for name in COLUMNS.known}
        cells |= {"starts_at": row.starts_at.isoformat(), "ends_at": row.ends_at.isoformat()}
        cells |= {"station_id": ";".join(row.stations)}
        writer.writerow([cells[name] for name in COLUMNS.known])
    return out.getvalue().encode()


def bring(*rows: RosterRow, at: datetime = NOW, window: tuple[datetime, datetime] | None = None) -> Outcome:
    """Import them without a second look."""

    def nobody(_rows: Sequence[RosterRow]) -> int:
        return 0

    outcome = bring_in(as_file(rows), Bringing("command", at, "roster.csv", window), ZONE, RELAXED, nobody)
    assert not outcome.errors, outcome.errors
    return outcome
