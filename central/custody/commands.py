"""The commands `export` and `epoch raise`."""

# ruff: noqa: ARG001 - every command gets its options
from __future__ import annotations

import argparse
import sys

from django.conf import settings

from central import clock
from central.custody.epochs import raise_store_epoch
from central.custody.exports import ASSET_COLUMNS, DOCK_COLUMNS, asset_rows, dock_rows
from central.custody.ledger_exports import (
    FORK_COLUMNS,
    LEDGER_COLUMNS,
    PARKED_COLUMNS,
    fork_rows,
    ledger_rows,
    parked_rows,
)
from central.fleet.overview import FLIP_COLUMNS, STATION_COLUMNS, flip_rows, station_rows
from central.rows_out import write_rows


def export(options: argparse.Namespace) -> None:
    columns, rows = {
        "assets": lambda: (ASSET_COLUMNS, asset_rows()),
        "docks": lambda: (DOCK_COLUMNS, dock_rows()),
        "ledgers": lambda: (LEDGER_COLUMNS, ledger_rows()),
        "forks": lambda: (FORK_COLUMNS, fork_rows()),
        "parked": lambda: (PARKED_COLUMNS, parked_rows()),
        "stations": lambda: (STATION_COLUMNS, station_rows(settings.CONFIG.stations, clock.now())),
        "flips": lambda: (FLIP_COLUMNS, flip_rows()),
    }[options.what]()
    write_rows(columns, rows, options.format, sys.stdout)


def raise_epoch(options: argparse.Namespace) -> None:
    print(raise_store_epoch(clock.now()))
