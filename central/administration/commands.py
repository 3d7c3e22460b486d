"""The commands `station add|list|set|replace|revoke`, `camera list`, `officer list` and `export`."""

from __future__ import annotations

import argparse
import sys

from django.conf import settings

from central import clock
from central.administration.exports import CAMERA_COLUMNS, OFFICER_COLUMNS, camera_rows, officer_rows
from central.administration.station_file import read_stations
from central.administration.stations import CODE_COLUMNS, LIST_COLUMNS, add_stations, listed, set_station
from central.administration.tables import TABLES
from central.fleet.auditing import whoever_runs_this
from central.fleet.enrolment import add_station, replace_station, revoke_station
from central.refusals import CommandRefused
from central.rows_out import write_rows


def add(options: argparse.Namespace) -> None:
    """One station and its code; or all of a file, and a CSV of codes."""
    if (options.station is None) == (options.csv is None):
        raise CommandRefused("name one station, or a file with --csv; nothing was changed")
    now, by = clock.now(), whoever_runs_this()
    if options.csv is None:
        code = add_station(options.station, now, by=by)
        set_station(options.station, now, by, site=options.site, label=options.label)
        print(code)
        return
    if options.site is not None or options.label is not None:
        raise CommandRefused("with --csv, site and label are columns of the file; nothing was changed")
    try:
        content = options.csv.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.csv}: {error.strerror}; nothing was changed") from error
    wanted, errors = read_stations(content)
    if errors:
        told = "\n".join(f"{options.csv}: {error}" for error in errors)
        raise CommandRefused(f"{len(errors)} error(s); nothing was changed\n{told}")
    write_rows(CODE_COLUMNS, add_stations(wanted, now, by), "csv", sys.stdout)


def list_stations(options: argparse.Namespace) -> None:
    write_rows(LIST_COLUMNS, listed(settings.CONFIG.stations, clock.now()), options.format, sys.stdout)


def set_one(options: argparse.Namespace) -> None:
    if options.site is None and options.label is None:
        raise CommandRefused("say --site or --label; nothing was changed")
    set_station(options.station, clock.now(), whoever_runs_this(), site=options.site, label=options.label)


def replace(options: argparse.Namespace) -> None:
    print(replace_station(options.station, clock.now(), revoke_now=options.revoke_now))


def revoke(options: argparse.Namespace) -> None:
    revoke_station(options.station, options.reason, clock.now(), by=whoever_runs_this())
    print(
        f"Nothing is accepted from the PC of {options.station} any more. What it delivered stays. What it "
        f"did not deliver stays on its disk: for a new PC run: dock-central station replace {options.station}",
        file=sys.stderr,
    )


def export(options: argparse.Namespace) -> None:
    columns, rows = TABLES[options.what]
    write_rows(columns, rows(), options.format, sys.stdout)


def list_cameras(options: argparse.Namespace) -> None:
    write_rows(CAMERA_COLUMNS, camera_rows(), options.format, sys.stdout)


def list_officers(options: argparse.Namespace) -> None:
    write_rows(OFFICER_COLUMNS, officer_rows(), options.format, sys.stdout)
