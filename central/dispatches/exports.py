"""The rows of `export dispatches`: every dispatch of every officer, with what stands of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central.dispatches.finding import PENDING
from central.dispatches.models import Comparison, Dispatch, DocumentedException, ExceptionDecision

PAGE = 1000
DISPATCH_COLUMNS = (
    *("dispatch_id", "officer_id", "kind", "type", "priority", "dispatched_at", "arrived_at", "cleared_at"),
    *("disposition", "unit", "result", "rule", "cause", "start", "end", "late_start_seconds", "early_end_seconds"),
    *("recording_began_at", "recording_ended_at", "asset_ids", "camera_serials", "shift_ids", "awaits"),
    *("documented", "exception_reason", "exception_said_by", "exception_said_at", "exception_approved_by"),
    *("because", "compared_at", "comparisons"),
)


EXCEPTION_COLUMNS = (
    *("exception", "officer_id", "dispatch_id", "since", "until", "reason", "note", "said_by", "said_as", "said_at"),
    *("decision", "decided_by", "decided_at", "decision_text", "withdrawn_by", "withdrawn_at"),
)


def exception_rows() -> Iterator[list[Any]]:
    """Every documented exception in the order in which they were said, and what became of it."""
    last = 0
    rows = DocumentedException.objects.prefetch_related("decisions").order_by("pk")
    while page := list(rows.filter(pk__gt=last)[:PAGE]):
        for one in page:
            by_kind = {each.outcome == ExceptionDecision.WITHDRAWN: each for each in one.decisions.all()}
            decided, withdrawn = by_kind.get(False), by_kind.get(True)
            yield [
                *(one.pk, one.officer_id, one.dispatch_id or None, one.since, one.until, one.reason),
                *(one.note or None, one.said_by, one.said_as, one.said_at),
                *(decided and getattr(decided, name) for name in ("outcome", "decided_by", "decided_at", "text")),
                *(withdrawn and getattr(withdrawn, name) for name in ("decided_by", "decided_at")),
            ]
        last = page[-1].pk


def dispatch_rows() -> Iterator[list[Any]]:
    """In the order in which they were brought; a thousand at a time so that a running server is never held up."""
    last = 0
    while page := list(Dispatch.objects.filter(pk__gt=last).order_by("pk")[:PAGE]):
        yield from _page(page)
        last = page[-1].pk


def _page(page: list[Dispatch]) -> Iterator[list[Any]]:
    found: dict[int, list[Comparison]] = {}
    rows = Comparison.objects.filter(dispatch__in=[one.pk for one in page]).select_related("exception")
    for row in rows.order_by("pk"):
        found.setdefault(row.dispatch_id, []).append(row)
    excepted = {row.exception_id for own in found.values() for row in own if row.exception_id is not None}
    approved = dict(
        ExceptionDecision.objects.filter(exception__in=excepted, outcome=ExceptionDecision.APPROVED).values_list(
            "exception_id", "decided_by"
        )
    )
    for one in page:
        own = found.get(one.pk, [])
        yield _row(one, next((row for row in own if row.superseded_at is None), None), len(own), approved)


def _row(one: Dispatch, said: Comparison | None, comparisons: int, approved: dict[int, str]) -> list[Any]:
    told = [
        *(one.dispatch_id, one.officer_id or None, one.kind, one.type, one.priority),
        *(one.dispatched_at, one.arrived_at, one.cleared_at, one.disposition),
    ]
    if said is None:
        return [*told, None, PENDING, *(None,) * 8, [], [], [], *(None,) * 8, comparisons]
    exception = said.exception
    return [
        *(*told, said.unit or None, said.result, said.rule or None, said.cause or None),
        *(said.start or None, said.end or None, said.late_start_s, said.early_end_s, said.began_at, said.ended_at),
        *(said.assets, said.cameras, said.shifts, said.awaits or None, said.documented or None),
        *(exception and exception.reason, exception and exception.said_by, exception and exception.said_at),
        *(exception and approved.get(exception.pk), said.because, said.compared_at, comparisons),
    ]
