"""The commands for auditors and the public."""

from __future__ import annotations

import argparse
from pathlib import Path

from central.cli_words import command


def add_package(commands: argparse._SubParsersAction) -> None:
    parser = command(
        commands,
        "package",
        "central.audit.commands.package",
        "Write the auditor's package: rows and figures of a span, signed, without footage.",
        "A zip with the rows as JSON and CSV, what is left out and why, every figure, when each bay was watched,\n"
        "what every column means, and scripts that need only Python's own library: recompute.py finds every\n"
        "figure again, sample.py draws a sample that others can draw again. Works beside a running server.\n"
        "FROM and TO are dates, meaning the first instant of that day in [web] time_zone, or instants.\n\n"
        "example:\n  dock-central package --from 2026-10-01 --to 2026-11-01 --out october.zip --data DIR",
    )
    add_span(parser)
    parser.add_argument("--out", metavar="FILE.zip", type=Path, required=True, help="the file to write; a new one")
    parser.add_argument(
        "--pseudonyms", action="store_true", help="officers by pseudonyms, the same ones in every package"
    )


def add_span(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--from", dest="begins", metavar="FROM", required=True, help="from this instant on")
    parser.add_argument("--to", dest="ends", metavar="TO", required=True, help="until before this instant")
