"""The command `answer list`."""

from __future__ import annotations

import argparse
import sys

from central.answers.exports import ANSWER_COLUMNS, answer_rows
from central.rows_out import write_rows


def list_answers(options: argparse.Namespace) -> None:
    write_rows(ANSWER_COLUMNS, answer_rows(open_only=options.open), options.format, sys.stdout)
