"""The rows of `export reviews`: every review that was drawn, and what was said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central.reviews.models import Review, Word
from central.reviews.saying import word_of

PAGE = 1000
REVIEW_COLUMNS = (
    *("review", "quarter", "seed", "population_sha256", "officer_id", "unit", "asset_id", "shift_id"),
    *("finding", "found_by", "found_at", "found_text", "contested_by", "contested_at", "contest_text"),
    *("decider", "due_at", "decision", "decided_by", "decided_at", "decision_text"),
)


def review_rows() -> Iterator[list[Any]]:
    """In the order of the draws; a thousand at a time so that a running server is never held up."""
    last = 0
    rows = Review.objects.select_related("draw").prefetch_related("words").order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield from map(_row, page)
        last = page[-1].pk


def _row(one: Review) -> list[Any]:
    finding, contest, decision = (word_of(one, kind) for kind in (Word.FINDING, Word.CONTEST, Word.DECISION))
    return [
        *(one.pk, one.draw.quarter, one.draw.seed, one.draw.population_sha256, one.officer_id, one.unit or None),
        *(one.asset_id, one.shift_id),
        *((finding.outcome, finding.by, finding.at, finding.text or None) if finding else (None,) * 4),
        *((contest.by, contest.at, contest.text) if contest else (None,) * 3),
        *((contest.decider or None, contest.due_at) if contest else (None,) * 2),
        *((decision.outcome, decision.by, decision.at, decision.text) if decision else (None,) * 4),
    ]
