"""The command `roster import`."""

from __future__ import annotations

import argparse
import sys
from zoneinfo import ZoneInfo

from django.conf import settings

from central.refusals import CommandRefused
from central.roster.csv_file import read_roster
from central.roster.importing import import_shifts, unknown_stations


def import_roster(options: argparse.Namespace) -> None:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    rows, errors = read_roster(content, ZoneInfo(settings.CONFIG.web.time_zone))
    if errors:
        listed = "\n".join(f"{options.file}: {error}" for error in errors)
        raise CommandRefused(f"{len(errors)} error(s) in the roster; nothing was imported\n{listed}")
    count = import_shifts(rows, dry_run=options.dry_run)
    for station in unknown_stations(rows):
        print(f"warning: the roster names station {station!r}, which central does not know yet", file=sys.stderr)
    done = "would be" if options.dry_run else "were"
    print(
        f"{len(rows)} shifts: {count.added} {done} added, {count.changed} changed, {count.unchanged} unchanged",
        file=sys.stderr,
    )
