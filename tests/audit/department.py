"""A central of its own with some hundred shifts and videos, made by another process as an operator would.

python -m tests.audit.department DIR
"""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from random import Random

SPAN = ("--from", "2026-10-10", "--to", "2026-11-01")
UNITS = {"East": "East Patrol", "West": "West Patrol"}


def store_sent(number: int, dice: Random) -> None:
    """What is sent to, and what a comparison found of it."""
    from central.dispatches.models import Comparison, Dispatch
    from tests.measures.worlds import AT, random_sent

    for one in random_sent(dice, number):
        own = {"kind": one.kind, "type": one.type, "priority": one.priority, "begins_at": one.begins_at}
        row = Dispatch.objects.create(
            dispatch_id=one.dispatch_id, officer_id=one.officer, dispatched_at=one.begins_at, **own
        )
        if one.result != "pending":
            words = ("result", "rule", "cause", "start", "end", "documented", "unit")
            told = {name: getattr(one, name) for name in words} | {"unit": UNITS.get(one.unit, one.unit)}
            Comparison.objects.create(dispatch=row, because="time", compared_at=AT, **told)


def make(folder: Path) -> None:
    """Everything in one process: starting one costs more than all the rows."""
    from central.cli import main

    assert main(["init", "--data", str(folder)]) == 0
    os.environ["DOCK_CENTRAL_DATA"], os.environ["DJANGO_SETTINGS_MODULE"] = str(folder), "central.settings"
    import django

    django.setup()
    from django.db import transaction

    from tests.measures.stored import store_shifts, store_videos
    from tests.measures.worlds import random_shifts, random_videos

    dice = Random(7)
    with transaction.atomic():
        store_shifts([replace(row, unit=UNITS.get(row.unit, row.unit)) for row in random_shifts(dice, 240)])
        store_videos(random_videos(dice, 300))
        store_sent(120, dice)
    for more in ([], ["--pseudonyms"]):
        out = folder / f"package{len(more)}.zip"
        assert main(["package", *SPAN, "--out", str(out), "--data", str(folder), *more]) == 0


if __name__ == "__main__":
    make(Path(sys.argv[1]))
