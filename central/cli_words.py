"""What every command of `dock-central` has in common."""

from __future__ import annotations

import argparse
from pathlib import Path


def command(
    commands: argparse._SubParsersAction, name: str, run: str, summary: str, more: str = ""
) -> argparse.ArgumentParser:
    """A command that `run` (module and function) carries out, in the DIR that `--data` names."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=summary, description=summary, epilog=more, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", metavar="DIR", type=Path, required=True, help="the data directory that `init` made")
    parser.set_defaults(run=run)
    return parser


def group(commands: argparse._SubParsersAction, name: str, summary: str) -> argparse._SubParsersAction:
    """Commands of one word: `station add`, `station list`."""
    parser = commands.add_parser(name, help=summary, description=summary)
    return parser.add_subparsers(dest=f"{name}_command", metavar="COMMAND", required=True)


def with_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("csv", "json"), default="csv")
