"""The queue of discrepancies: dispatches whose recording is missing, late or short, and who looks after them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from central.dispatches.explaining import Cause
from central.dispatches.finding import Result
from central.dispatches.models import Comparison, ExceptionDecision
from central.roster.models import Unit

KINDS = (*map(str, Cause), str(Result.LATE_START), str(Result.EARLY_END))
"""What a discrepancy can be: why a recording is missing, or how it is incomplete."""


def discrepancies(*, open_only: bool = True) -> QuerySet[Comparison]:
    """Those that stand, the oldest dispatch first; `open_only`: nobody approved a reason yet."""
    approved = ExceptionDecision.objects.filter(exception=OuterRef("exception"), outcome=ExceptionDecision.APPROVED)
    rows = Comparison.objects.filter(
        superseded_at=None, result__in=(Result.MISSING, Result.LATE_START, Result.EARLY_END)
    )
    rows = rows.filter(~Exists(approved)) if open_only else rows
    return rows.select_related("dispatch", "exception").order_by("dispatch__begins_at", "dispatch_id")


def of_kind(rows: QuerySet[Comparison], kind: str) -> QuerySet[Comparison]:
    return rows.filter(Q(cause=kind) | Q(result=kind)) if kind in KINDS else rows


def older_than(rows: QuerySet[Comparison], days: int, now: datetime) -> QuerySet[Comparison]:
    return rows.filter(dispatch__cleared_at__lt=now - timedelta(days=days)) if days > 0 else rows


def owners(units: Collection[str]) -> dict[str, str]:
    """Who looks after a unit's discrepancies: its supervisor, or whoever is on duty; units without a line: nobody."""
    rows = Unit.objects.filter(pk__in=units).values_list("unit", "supervisor_email", "on_duty_email")
    return {unit: supervisor or on_duty for unit, supervisor, on_duty in rows}
