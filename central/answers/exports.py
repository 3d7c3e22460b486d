"""The rows of `export answers`: every word, and how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central.answers.kinds import Outcome
from central.answers.models import Answer

PAGE = 1000

ANSWER_COLUMNS = (
    *("answer", "kind", "state", "shift_id", "camera_serial", "officer_id", "said_by", "said_as", "said_at", "text"),
    *("station_id", "bay", "before", "after", "pauses_until", "due_at", "decider"),
    *("outcome", "closed_by", "closed_at", "outcome_text", "withdrawn_by", "withdrawn_at", "withdrawn_text"),
)


def answer_rows(*, open_only: bool = False) -> Iterator[list[Any]]:
    """All answers in the order in which they were given; `open_only`: those that nothing has ended."""
    last = 0
    rows = Answer.objects.filter(closings=None) if open_only else Answer.objects.all()
    rows = rows.prefetch_related("closings").order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        yield from map(_row, page)
        last = page[-1].pk


def _row(answer: Answer) -> list[Any]:
    closings = {one.outcome == Outcome.WITHDRAWN: one for one in answer.closings.all()}
    found, withdrawn = closings.get(False), closings.get(True)
    return [
        *(answer.pk, answer.kind, answer.state, answer.shift_id, answer.camera, answer.officer_id),
        *(answer.said_by, answer.said_as, answer.said_at, answer.text or None),
        *(answer.station_id or None, answer.bay or None, answer.before or None, answer.after or None),
        *(answer.pauses_until, answer.due_at, answer.decider or None),
        *((found.outcome, found.closed_by, found.closed_at, found.text or None) if found else (None,) * 4),
        *((withdrawn.closed_by, withdrawn.closed_at, withdrawn.text or None) if withdrawn else (None,) * 3),
    ]
