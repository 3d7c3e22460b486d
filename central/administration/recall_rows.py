"""`station recall`: the cameras to recall as rows, and what central cannot know of them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from django.conf import settings

from central import clock
from central.custody.recalling import UNRECEIPTED, Recall, recall
from central.fleet.enrolment import StationRefused
from central.fleet.liveness import is_dead
from central.fleet.overview import stations
from central.instants import rfc3339
from central.rows_out import write_rows

RECALL_COLUMNS = (
    *("camera_serial", "unreceipted_files", "unreceipted_bytes", *(state.lower() for state in UNRECEIPTED)),
    *("safe_elsewhere", "alike_elsewhere", "last_docked_at", "last_bay", "last_undocked_at"),
    *("seen_since_station_id", "seen_since_at", "seen_since_drained_at", "todo"),
)


def tell_recall(options: argparse.Namespace) -> None:
    """Raises StationRefused: there is no such station."""
    found = stations(settings.CONFIG.stations, clock.now(), options.station)
    if not found:
        raise StationRefused(f"there is no station {options.station}; `dock-central station list` shows them")
    told = recall(options.station, is_dead=is_dead(found[0].state))
    write_rows(RECALL_COLUMNS, recall_rows(told), options.format, sys.stdout)
    print(_limits(options.station, told), file=sys.stderr)


def recall_rows(told: Recall) -> Iterator[list[Any]]:
    for one in told.cameras:
        last, since = one.last_dock, one.seen_since
        yield [
            *(one.camera, one.total, one.bytes, *(one.files[state] for state in UNRECEIPTED)),
            *(one.safe_elsewhere, one.alike_elsewhere),
            *((None,) * 3 if last is None else (last.docked_at, last.bay_label or last.bay, last.undocked_at)),
            *((None,) * 3 if since is None else (since.station_id, since.docked_at, since.drained_at)),
            one.todo,
        ]


def _limits(station_id: str, told: Recall) -> str:
    heard = "never" if told.heard_at is None else rfc3339(told.heard_at)
    receipt = "none" if told.last_receipt_at is None else rfc3339(told.last_receipt_at)
    missing = f"; it had named {told.named}" if told.named > told.held else ""
    return (
        f"{station_id}: last receipt {receipt}, last word of that PC {heard}. Central holds its events up to number "
        f"{told.held}{missing}. What was docked or copied there after that, central cannot know."
    )
