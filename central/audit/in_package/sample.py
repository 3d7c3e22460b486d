"""Draws a random sample of one table's rows, so that two people draw the same (Python's standard library alone):

python -I sample.py shifts --seed 20261201
python -I sample.py assets --seed 7 --confidence 0.95 --margin 0.05 --where kind=video

The population is the table's ids, sorted; its hash is told. The size is that for a proportion, with finite population
correction. A row is ranked by SHA-256 of `SEED:ID`: the lowest are the sample, whatever the version of Python.
State the seed before you look at the rows.
"""

import argparse
import hashlib
import json
import sys
from math import ceil
from pathlib import Path
from statistics import NormalDist

IDS = {
    "shifts": ("shift_id",),
    "assets": ("asset_id",),
    "docks": ("session",),
    "dispatches": ("dispatch_id", "officer_id"),
}


def size_for(population, confidence, margin, expected):
    """How many of `population` rows tell a share within `margin`, if it is about `expected` (0.5: the worst case)."""
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    without_correction = z * z * expected * (1 - expected) / margin**2
    return (
        min(population, ceil(without_correction / (1 + (without_correction - 1) / population))) if population else 0
    )


def population_hash(ids):
    return hashlib.sha256("".join(f"{one}\n" for one in sorted(ids)).encode()).hexdigest()


def draw(ids, seed, size):
    """The sample, in the order in which it is drawn: who needs more takes a larger size and keeps these."""
    return sorted(ids, key=lambda one: (hashlib.sha256(f"{seed}:{one}".encode()).hexdigest(), one))[:size]


def id_of(row, table):
    return " ".join(str(row[column]) for column in IDS[table])


def sample(rows, table, seed, confidence=0.95, margin=0.05, expected=0.5, size=None):
    ids = sorted({id_of(row, table) for row in rows})
    number = size_for(len(ids), confidence, margin, expected) if size is None else min(size, len(ids))
    return {
        "table": table,
        "population": len(ids),
        "population_sha256": population_hash(ids),
        "seed": seed,
        "confidence": confidence,
        "margin": margin,
        "expected": expected,
        "size": number,
        "ids": draw(ids, seed, number),
    }


def _share(text):
    if not 0 < float(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and 1")
    return float(text)


def _options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=sorted(IDS))
    parser.add_argument("--seed", required=True, help="any text; the same one draws the same sample")
    parser.add_argument("--confidence", type=_share, default=0.95)
    parser.add_argument("--margin", type=_share, default=0.05)
    parser.add_argument(
        "--expected", type=_share, default=0.5, help="the share that is expected; 0.5 is the worst case"
    )
    parser.add_argument("--size", type=int, help="so many instead")
    parser.add_argument("--where", action="append", default=[], metavar="COLUMN=VALUE", help="of these rows alone")
    return parser.parse_args()


def main():
    options = _options()
    rows = json.loads(
        (Path(__file__).resolve().parent / "rows" / f"{options.table}.json").read_text(encoding="utf-8")
    )
    for condition in options.where:
        column, _, value = condition.partition("=")
        rows = [row for row in rows if str(row[column]) == value]
    own = (options.table, options.seed, options.confidence, options.margin, options.expected, options.size)
    json.dump({**sample(rows, *own), "where": options.where}, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
