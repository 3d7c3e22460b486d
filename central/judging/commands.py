"""The command `export`: the rows of this room, and of those below it."""

from __future__ import annotations

import argparse
import sys

from django.conf import settings

from central.custody import commands
from central.judging.shift_exports import SHIFT_COLUMNS, shift_rows
from central.rows_out import write_rows


def export(options: argparse.Namespace) -> None:
    if options.what == "shifts":
        write_rows(SHIFT_COLUMNS, shift_rows(settings.CONFIG), options.format, sys.stdout)
    else:
        commands.export(options)
