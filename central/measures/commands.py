"""The command `measures`."""

from __future__ import annotations

import argparse
import os
import sys
from zoneinfo import ZoneInfo

import msgspec
from django.conf import settings

from central import clock
from central.instants import rfc3339
from central.measures.keeping import keep
from central.measures.measuring import Asked, measure
from central.measures.reading import read
from central.measures.telling import as_lines, as_values, rows_behind
from central.measures.window import edge, window_between
from central.refusals import CommandRefused
from central.rows_out import write_rows


def measures(options: argparse.Namespace) -> None:
    asked = _asked(options)
    if options.keep:
        os.nice(10)
        keep(settings.DATA.measures, asked, settings.CONFIG)
        return
    rows = read(asked, settings.CONFIG)
    if options.rows:
        columns, table = rows_behind(options.rows, rows)
        write_rows(columns, table, options.format, sys.stdout)
    elif options.json:
        told = msgspec.json.encode(as_values(measure(rows, asked)))
        print(msgspec.json.format(told, indent=1).decode())
    else:
        print("\n".join(as_lines(measure(rows, asked))))


def _asked(options: argparse.Namespace) -> Asked:
    zone = ZoneInfo(settings.CONFIG.web.time_zone)
    now = clock.now()
    try:
        window = window_between(options.begins, options.ends, zone)
        at = now if options.as_of is None else edge(options.as_of, zone)
    except ValueError as error:
        raise CommandRefused(f"{error}; nothing was measured") from error
    if at > now:
        raise CommandRefused(f"--as-of: {rfc3339(at)} is yet to come; nothing was measured")
    return Asked(at, window, options.unit, zone, as_it_stood=options.as_of is not None)
