"""The command `export`: the notices, and the rows of the rooms below."""

from __future__ import annotations

import argparse
import sys

from central.answers import commands
from central.notices.exports import NOTICE_COLUMNS, notice_rows
from central.rows_out import write_rows


def export(options: argparse.Namespace) -> None:
    if options.what == "notices":
        write_rows(NOTICE_COLUMNS, notice_rows(), options.format, sys.stdout)
    else:
        commands.export(options)
