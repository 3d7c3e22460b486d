"""The commands `alarm list` and `alarm silence`."""

from __future__ import annotations

import argparse
import getpass
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from central import clock
from central.alarms.rows import ALARM_COLUMNS, alarm_rows
from central.alarms.silences import NotSilenced, Wish, silence
from central.instants import parse_instant, rfc3339
from central.refusals import CommandRefused
from central.rows_out import write_rows
from protocol.settings import parse_duration


def list_alarms(options: argparse.Namespace) -> None:
    ended = ALARM_COLUMNS.index("ended_at")
    rows = (row for row in alarm_rows(clock.now()) if options.all or row[ended] is None)
    write_rows(ALARM_COLUMNS, rows, options.format, sys.stdout)


def silence_alarm(options: argparse.Namespace) -> None:
    now = clock.now()
    try:
        wish = Wish(_until(options.until, now), options.reason, options.by or getpass.getuser())
        said = silence(options.number, wish, now)
    except (NotSilenced, ValueError) as error:
        raise CommandRefused(f"{error}; nothing was changed") from None
    print(f"Nobody is told of {said.kind} ({said.subject}) until {rfc3339(said.until)}.")


def _until(text: str, now: datetime) -> datetime:
    """A span from now on, or an instant.

    Raises:
        ValueError: it is neither.
    """
    try:
        return now + timedelta(seconds=parse_duration(text))
    except ValueError:
        pass
    try:
        return parse_instant(text, ZoneInfo(settings.CONFIG.web.time_zone))
    except ValueError as error:
        raise ValueError(f'--until {text!r} {error}, or a span like "8h"') from None
