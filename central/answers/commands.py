"""The commands `export`, for this room and those below it, and `answer list`."""

from __future__ import annotations

import argparse
import sys

from central.answers.exports import ANSWER_COLUMNS, answer_rows
from central.judging import commands
from central.rows_out import write_rows


def export(options: argparse.Namespace) -> None:
    if options.what == "answers":
        write_rows(ANSWER_COLUMNS, answer_rows(), options.format, sys.stdout)
    else:
        commands.export(options)


def list_answers(options: argparse.Namespace) -> None:
    write_rows(ANSWER_COLUMNS, answer_rows(open_only=options.open), options.format, sys.stdout)
