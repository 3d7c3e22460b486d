"""The commands `review draw` and `review list`."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from central import clock
from central.fleet.auditing import whoever_runs_this
from central.refusals import CommandRefused
from central.reviews.drawing import drawn, population_hash
from central.reviews.exports import REVIEW_COLUMNS, review_rows
from central.reviews.models import Draw, Review
from central.reviews.population import population, quarter_of
from central.roster.models import Shift
from central.rows_out import write_rows


def draw(options: argparse.Namespace) -> None:
    now = clock.now()
    try:
        begin, end = quarter_of(options.quarter, ZoneInfo(settings.CONFIG.web.time_zone))
    except ValueError as error:
        raise CommandRefused(f"{error}; nothing was drawn") from None
    if begin > now:
        raise CommandRefused(f"{options.quarter} has not begun; nothing was drawn")
    seed = options.seed.strip()
    if not 1 <= len(seed) <= 64 or options.per_officer < 1:
        raise CommandRefused("a seed has 1 to 64 characters, and at least one video is drawn; nothing was drawn")
    with transaction.atomic():
        made = Draw.objects.filter(quarter=options.quarter).first()
        if made is not None and (made.seed, made.per_officer) != (seed, options.per_officer):
            told = f"with seed {made.seed!r} and {made.per_officer} per officer, by {made.by}"
            raise CommandRefused(f"{options.quarter} was drawn already {told}; a quarter is drawn once")
        made = made or _draw(options.quarter, seed, options.per_officer, begin, min(end, now), now)
    out = ", ".join(f"{reason} {number}" for reason, number in made.left_out.items()) or "none"
    print(
        f"{made.quarter}: {made.reviews.count()} reviews from {made.population} videos (left out: {out}); "
        f"population SHA-256 {made.population_sha256}"
    )


def list_reviews(options: argparse.Namespace) -> None:
    write_rows(REVIEW_COLUMNS, review_rows(), options.format, sys.stdout)


def _draw(quarter: str, seed: str, per_officer: int, begin: datetime, end: datetime, now: datetime) -> Draw:
    candidates, left_out = population(begin, end)
    made = Draw.objects.create(
        quarter=quarter,
        seed=seed,
        per_officer=per_officer,
        at=now,
        by=whoever_runs_this(),
        population=len(candidates),
        population_sha256=population_hash(candidates),
        left_out=left_out,
    )
    chosen = drawn(candidates, seed, per_officer)
    units = dict(Shift.objects.filter(pk__in={one.shift_id for one in chosen}).values_list("pk", "unit"))
    Review.objects.bulk_create(
        Review(
            draw=made,
            asset_id=one.asset_id,
            shift_id=one.shift_id,
            officer_id=one.officer_id,
            unit=units[one.shift_id],
        )
        for one in chosen
    )
    return made
