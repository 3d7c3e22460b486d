"""`dock-sim full-city` and `dock-sim page-times`."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

_FILL = """\
Makes a central in DIR whose database holds a whole city up to this moment: by default 800 cameras at 40 stations for
62 days, with 325 000 files, their custody events in real chains and their signed receipts. The rows are written
directly, so this takes minutes where `dock-sim kansas-city` takes half an hour; there are no bytes of videos. It
answers one question: are the pages of central still quick?

examples:
  dock-sim full-city /tmp/city && dock-sim page-times /tmp/city
  dock-central serve --data /tmp/city --listen 127.0.0.1:8080
"""
_TIME = """\
Opens every page of the central in DIR again and again, in this process, warm, for one reader at a time, and prints
for each: questions to the database, bytes, median processor time and least wall time in milliseconds. Wall time also
counts what else the machine does; processor time hardly does.

exit status:
  0  every page took less than the limit of processor time      1  one did not      2  wrong usage
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    fill = commands.add_parser(
        "full-city",
        help="a central with 325 000 files in its database, to see whether its pages are quick",
        description=_FILL,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    fill.add_argument("directory", metavar="DIR", type=Path, help="central's data directory, to be made")
    fill.add_argument("--cameras", type=int, default=800, metavar="N")
    fill.add_argument("--days", type=int, default=62, metavar="N")
    fill.add_argument("--assets", type=int, default=325_000, metavar="N")
    fill.add_argument("--seed", type=int, default=1, metavar="K")
    fill.set_defaults(run=run_fill)
    times = commands.add_parser(
        "page-times",
        help="how long each page of a central takes",
        description=_TIME,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    times.add_argument("directory", metavar="DIR", type=Path, help="a central's data directory")
    times.add_argument("--rounds", type=int, default=7, metavar="N", help="each page so often (default: 7)")
    times.add_argument("--only", default="", metavar="PATH", help="pages whose address begins so")
    times.add_argument("--limit", type=int, default=300, metavar="MS", help="milliseconds (default: 300)")
    times.set_defaults(run=run_times)


def run_fill(options: argparse.Namespace) -> int:
    from simulator.full_city.filling import Wanted, fill_city
    from simulator.kansas_city.at_central import DirInUse
    from simulator.kansas_city.city import Size

    size = Size(options.cameras, options.days, options.seed)
    wanted = Wanted(size, options.assets, datetime.now(UTC).replace(microsecond=0))
    try:
        counted = fill_city(options.directory, wanted, lambda line: print(line, file=sys.stderr, flush=True))
    except DirInUse as error:
        print(f"dock-sim: {error} is not empty, and nothing was changed; name a folder of its own", file=sys.stderr)
        return 1
    for table, number in sorted(counted.items()):
        print(f"{table.partition('_')[2]}: {number}")
    return 0


def run_times(options: argparse.Namespace) -> int:
    from simulator.full_city.page_times import as_table, time_pages

    times = time_pages(options.directory, options.rounds, lambda line: print(line, file=sys.stderr), options.only)
    print(as_table(times))
    return 1 if any(one.cpu_ms >= options.limit for one in times) else 0
