"""The thresholds that `dock-agent check` takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from protocol.settings import parse_duration, parse_size

OPTIONS: dict[str, tuple[str, Callable[[str], float], str]] = {
    "loop-age": ("loop_age", parse_duration, "no completed round of a loop for so long (2m, 5m)"),
    "disk": ("disk", parse_size, "free space of the spool below this (twice min_free, min_free)"),
    "oldest": ("oldest", parse_duration, "a file waits for its receipt for so long (24h, 72h)"),
    "quarantined": ("quarantined", float, "so many files put aside (1, 10)"),
    "central": ("central", parse_duration, "central does not answer for so long (15m, 4h)"),
    "clock": ("clock", parse_duration, "the clock is off central's by so much (60s, 5m)"),
    "roster-age": ("roster_age", parse_duration, "central confirmed the roster so long ago (24h, 72h)"),
    "credential": ("credential", float, "the credential is good for fewer days (14, 3)"),
}


def add_options(command: argparse.ArgumentParser) -> None:
    """`--warn-…` and `--crit-…` for every figure."""
    for option, (_, kind, words) in OPTIONS.items():
        for level in ("warn", "crit"):
            help_text = words if level == "warn" else argparse.SUPPRESS
            command.add_argument(f"--{level}-{option}", type=kind, metavar="N", help=help_text)
