"""Everything that `dock-central export` and the page of exports write: columns and rows by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.conf import settings

from central import clock
from central.administration.exports import (
    CAMERA_COLUMNS,
    OFFICER_COLUMNS,
    USER_COLUMNS,
    camera_rows,
    officer_rows,
    user_rows,
)
from central.alarms.rows import ALARM_COLUMNS, alarm_rows
from central.answers.exports import ANSWER_COLUMNS, answer_rows
from central.custody.exports import ASSET_COLUMNS, DOCK_COLUMNS, asset_rows, dock_rows
from central.custody.footage import VIEW_COLUMNS, view_rows
from central.custody.ledger_exports import (
    FORK_COLUMNS,
    LEDGER_COLUMNS,
    PARKED_COLUMNS,
    fork_rows,
    ledger_rows,
    parked_rows,
)
from central.dispatches.exports import DISPATCH_COLUMNS, EXCEPTION_COLUMNS, dispatch_rows, exception_rows
from central.fleet.auditing import ADMIN_COLUMNS, admin_rows
from central.fleet.overview import FLIP_COLUMNS, STATION_COLUMNS, flip_rows, station_rows
from central.judging.shift_exports import SHIFT_COLUMNS, shift_rows
from central.notices.exports import NOTICE_COLUMNS, notice_rows
from central.papers.exports import PAPER_COLUMNS, paper_rows
from central.retention.exports import (
    CATEGORY_COLUMNS,
    HOLD_COLUMNS,
    TOMBSTONE_COLUMNS,
    category_rows,
    hold_rows,
    tombstone_rows,
)
from central.reviews.exports import REVIEW_COLUMNS, review_rows
from central.roster.exports import UNIT_COLUMNS, unit_rows

Rows = Iterable[Sequence[Any]]
TABLES: dict[str, tuple[Sequence[str], Callable[[], Rows]]] = {
    "assets": (ASSET_COLUMNS, asset_rows),
    "docks": (DOCK_COLUMNS, dock_rows),
    "shifts": (SHIFT_COLUMNS, lambda: shift_rows(settings.CONFIG)),
    "answers": (ANSWER_COLUMNS, answer_rows),
    "dispatches": (DISPATCH_COLUMNS, dispatch_rows),
    "exceptions": (EXCEPTION_COLUMNS, exception_rows),
    "notices": (NOTICE_COLUMNS, notice_rows),
    "alarms": (ALARM_COLUMNS, lambda: alarm_rows(clock.now())),
    "stations": (STATION_COLUMNS, lambda: station_rows(settings.CONFIG.stations, clock.now())),
    "flips": (FLIP_COLUMNS, flip_rows),
    "ledgers": (LEDGER_COLUMNS, ledger_rows),
    "forks": (FORK_COLUMNS, fork_rows),
    "parked": (PARKED_COLUMNS, parked_rows),
    "cameras": (CAMERA_COLUMNS, camera_rows),
    "officers": (OFFICER_COLUMNS, officer_rows),
    "units": (UNIT_COLUMNS, unit_rows),
    "users": (USER_COLUMNS, user_rows),
    "admin": (ADMIN_COLUMNS, admin_rows),
    "views": (VIEW_COLUMNS, view_rows),
    "reviews": (REVIEW_COLUMNS, review_rows),
    "papers": (PAPER_COLUMNS, paper_rows),
    "categories": (CATEGORY_COLUMNS, category_rows),
    "holds": (HOLD_COLUMNS, hold_rows),
    "tombstones": (TOMBSTONE_COLUMNS, tombstone_rows),
}
