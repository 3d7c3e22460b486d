"""The command `dock-sim history`."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

_WHAT = """\
Makes a central in DIR that holds a department like Kansas City's of 2021: 800 cameras, 325 000 videos from January to
August, and 102 569 dispatches in July and August whose truth is known: one in five without a recording, each for one
cause; 7 returns in 100 one to five days late. Then the dispatches are imported as a CAD would export them, mistakes
included, and what central says is printed beside what was planted.
"""
_MORE = """\
Rows of stations are written directly: how central takes them from the network is tried by `dock-sim kansas-city`.
There are no bytes of videos. The same options give the same department.

examples:
  dock-sim history /tmp/kc
  dock-sim history /tmp/kc --cameras 40 --videos 4000 --dispatches 2000
  dock-central export dispatches --format csv --data /tmp/kc

exit status:
  0  central said exactly what was planted      1  it did not, or nothing was made      2  wrong usage
"""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "history",
        help="eight months of a department with dispatches: what was planted beside what central says",
        description=_WHAT,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", metavar="DIR", type=Path, help="central's data directory, to be made")
    parser.add_argument("--cameras", type=int, default=800, metavar="N", help="default: 800")
    parser.add_argument("--videos", type=int, default=325_000, metavar="N", help="default: 325000")
    parser.add_argument("--dispatches", type=int, default=102_569, metavar="N", help="default: 102569")
    parser.add_argument("--seed", type=int, default=1, metavar="K", help="another seed, another department")
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from simulator.history.comparing import as_lines, play  # a camera needs none of it
    from simulator.history.planting import Size
    from simulator.kansas_city.at_central import DirInUse

    size = Size(options.cameras, options.videos, options.dispatches, options.seed)
    try:
        compared = play(options.directory, size, lambda line: print(line, file=sys.stderr, flush=True))
    except DirInUse as error:
        print(f"dock-sim: {error} is not empty, and nothing was changed; name a folder of its own", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"dock-sim: {' '.join(error.cmd[2:])} failed:\n{error.stderr}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(compared), indent=1) if options.json else "\n".join(as_lines(compared, size)))
    return 0 if compared.holds else 1
