"""The command `dock-sim kansas-city`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

_WHAT = """\
Plays a city like the one of the audit of April 2022: 800 cameras at 40 stations for two months, a roster, mid-shift
charges, pool cameras that are handed on, stations that go dark, lines that break, and 7 returns in 100 that come one
to five days too late. All of it is told to a real central in DIR by real events, rosters and heartbeats, and judged
by the code that judges. Then what was planted is printed beside what central says.
"""

_MORE = """\
DIR must be empty or not there yet. Afterwards it is a central's data directory with one file more, planted.csv: the
truth of each shift. The same options give the same city. The full size takes about half an hour on one core; progress
goes to stderr.

examples:
  dock-sim kansas-city /tmp/kc --cameras 60 --days 12
  dock-central measures --data /tmp/kc --from 2021-07-01 --to 2021-09-01
  dock-central export shifts --format csv --data /tmp/kc

exit status:
  0  central said exactly what it must      1  it did not, or nothing was played      2  wrong usage
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "kansas-city",
        help="two months of 800 cameras in a real central: what was planted beside what it says",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="central's data directory, to be made")
    parser.add_argument("--cameras", type=_count, metavar="N", default=800, help="default: 800")
    parser.add_argument("--days", type=_count, metavar="N", default=62, help="default: 62")
    parser.add_argument("--seed", type=int, metavar="K", default=1, help="another seed, another city")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from simulator.kansas_city.at_central import DirInUse  # a camera needs none of it
    from simulator.kansas_city.city import Size
    from simulator.kansas_city.report import as_lines
    from simulator.kansas_city.running import as_json, play

    size = Size(options.cameras, options.days, options.seed)
    try:
        played = play(options.directory, size, lambda line: print(line, file=sys.stderr, flush=True))
    except DirInUse as error:
        print(f"dock-sim: {error} is not empty, and nothing was changed; name a folder of its own", file=sys.stderr)
        return 1
    print(as_json(played) if options.json else "\n".join(as_lines(played, options.directory)))
    return 1 if played.comparison.wrongly_accused or played.comparison.differing else 0


def _count(text: str) -> int:
    number = int(text)
    if not 2 <= number <= 9999:
        raise argparse.ArgumentTypeError("from 2 to 9999")
    return number
