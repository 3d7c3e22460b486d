"""python -m tests.bench: every comparison, a table, JSON and a plot."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

from tests.bench.comparing import compare
from tests.bench.docked_to_safe import docked_to_safe_rows
from tests.bench.idle import idle_rows
from tests.bench.intake import intake_rows
from tests.bench.plot import plot
from tests.bench.rows import Row, table
from tests.bench.scale import scale_rows
from tests.bench.sharing import sharing_rows
from tests.bench.staging import small_files_row, staging_rows
from tests.bench.uploading import upload_rows

FULL = {"mib": 1024, "many": 200, "small": 20_000, "assets": 2_000_000}
"""What `--full` measures: hours of footage instead of minutes."""
GROUPS = ("staging", "upload", "intake", "sharing", "scale", "idle", "safe")

_WHAT = """\
Runs ours and a peer in turn, A B A B …, on this machine's own disk and loopback, and prints how many times as good
as the peer we are: the median of the pairs, with their spread. Quote ratios of one run, never single figures of two.
"""


def main() -> int:
    options = _options()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    size, many, runs = options.mib << 20, options.many, options.runs
    groups: dict[str, Callable[[Path], list[Row]]] = {
        "staging": lambda at: [*staging_rows(at, size, runs), small_files_row(at, options.small, runs)],
        "upload": lambda at: upload_rows(at, size, many, runs),
        "intake": lambda at: intake_rows(at, size, many, runs),
        "sharing": lambda at: sharing_rows(at, runs),
        "scale": lambda at: scale_rows(at, options.assets),
        "idle": lambda at: idle_rows(at, runs),
        "safe": lambda at: docked_to_safe_rows(
            at, size, options.small, runs, slower=options.slower, follow_from=options.follow_from
        ),
    }
    rows: list[Row] = []
    for name in options.only or groups:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(dir=options.folder, prefix="dock-bench-") as folder:
            rows += groups[name](Path(folder))
    print(table(rows))
    told = [row.as_json() for row in rows]
    if options.json:
        options.json.write_text(json.dumps(told, indent=1) + "\n")
    if options.svg:
        options.svg.write_text(plot(rows))
    return compare(told, options.compare) if options.compare else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=_WHAT)
    parser.add_argument("--folder", type=Path, help="where to work: a real disk (default: the system's temporary)")
    parser.add_argument("--mib", type=int, default=256, help="size of the large file (default: 256)")
    parser.add_argument("--many", type=int, default=50, help="how many files of 5 MiB (default: 50)")
    parser.add_argument("--small", type=int, default=2000, help="how many files of 100 bytes (default: 2000)")
    parser.add_argument("--assets", type=int, default=200_000, help="in the large ledger (default: 200,000)")
    parser.add_argument("--full", action="store_true", help="1 GiB, 200 and 20,000 files, a ledger of 2,000,000")
    parser.add_argument("--runs", type=int, default=3, help="counted pairs (default: 3)")
    parser.add_argument("--only", nargs="+", choices=GROUPS, help="these groups alone")
    parser.add_argument("--slower", type=int, default=1, help="safe: card and wire so many times slower (default: 1)")
    parser.add_argument(
        "--follow-from", default="64MiB", help="safe: the smallest file whose upload follows its copy"
    )
    parser.add_argument("--json", type=Path, help="write one record a row")
    parser.add_argument("--svg", type=Path, help="draw the ratios")
    parser.add_argument("--compare", type=Path, help="a JSON of an earlier run: name what became worse, exit 1")
    options = parser.parse_args()
    if options.compare and not options.compare.exists():
        parser.error(f"there is no {options.compare} to compare with: a run with --json makes one")
    if options.full:
        vars(options).update(FULL)
    return options


if __name__ == "__main__":
    sys.exit(main())
