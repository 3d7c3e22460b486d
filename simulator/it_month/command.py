"""The command `dock-sim it-month`."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

_WHAT = """\
Plays a month of a fleet against a real central in DIR and counts what IT hears: stations that go dark, lines that
break, updates (as in dock-sim kansas-city), full disks, wrong clocks, bad cables, unreadable cards, unknown cameras,
a PC that was revoked, two PCs as one station, a site without power, central itself away. Real heartbeats, the real
alarm watch, real mails in the outbox; only time is the simulation's.
"""

_MORE = """\
DIR must be empty or not there yet; afterwards `dock-central alarm list --all` and `export alarms|notices|flips` have
each row. The same options give the same month. The full size takes some minutes.

example:
  dock-sim it-month /tmp/month --seed 1
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "it-month",
        help="a month of 40 stations with their usual troubles: how many alarms and mails IT gets",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="central's data directory, to be made")
    parser.add_argument("--stations", type=int, metavar="N", default=40, help="default: 40")
    parser.add_argument("--days", type=int, metavar="N", default=30, help="default: 30")
    parser.add_argument("--seed", type=int, metavar="K", default=1, help="another seed, another month")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from simulator.it_month.playing import play  # a camera needs none of it
    from simulator.kansas_city.at_central import DirInUse

    if options.stations < 2 or options.days < 1:
        print("dock-sim: at least two stations and one day; nothing was changed", file=sys.stderr)
        return 2
    try:
        month = play(options.directory, options.stations, options.days, options.seed, _say)
    except DirInUse as error:
        print(f"dock-sim: {error} is not empty, and nothing was changed; name a folder of its own", file=sys.stderr)
        return 1
    said = asdict(month)
    if options.json:
        print(json.dumps(said, indent=2))
        return 0
    for name, value in said.items():
        print(f"{name}: {value}" if not isinstance(value, dict) else f"{name} ({sum(value.values())}):")
        for key, count in value.items() if isinstance(value, dict) else ():
            print(f"  {count:5} {key}")
    return 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
