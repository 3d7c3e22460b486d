"""Which rows are counted, and by which rule the others are not. Pure; every rule has one name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from central.dispatches.csv_file import DispatchRow

LONGEST_DISPATCH = timedelta(hours=24)
"""A longer one was never cleared, or has a typing error in a date: any recording would cover it."""


class Rule(StrEnum):
    """Why a row is not counted. The first that holds is named."""

    WITHDRAWN = "withdrawn"
    NO_OFFICER = "no_officer"
    NEVER_DISPATCHED = "never_dispatched"
    NOT_CLEARED = "not_cleared"
    CLEARED_BEFORE_IT_BEGAN = "cleared_before_it_began"
    TOO_LONG = "too_long"
    EXCLUDED_TYPE = "excluded_type"
    EXCLUDED_DISPOSITION = "excluded_disposition"
    UNKNOWN_OFFICER = "unknown_officer"


@dataclass(frozen=True)
class Eligibility:
    """What the department does not count. Words are compared without regard to case."""

    types: frozenset[str] = frozenset()
    dispositions: frozenset[str] = frozenset()

    @staticmethod
    def of(types: Collection[str], dispositions: Collection[str]) -> Eligibility:
        return Eligibility(frozenset(map(_folded, types)), frozenset(map(_folded, dispositions)))


def excluded_by(
    row: DispatchRow, eligibility: Eligibility, now: datetime, *, officer_known: bool, withdrawn: bool = False
) -> Rule | None:
    """The rule that keeps this row out of every count; None: it counts."""
    if withdrawn:
        return Rule.WITHDRAWN
    if not row.officer_id:
        return Rule.NO_OFFICER
    begins = row.begins_at
    if begins is None:
        return Rule.NEVER_DISPATCHED
    if row.cleared_at is None or row.cleared_at > now:
        return Rule.NOT_CLEARED
    if row.cleared_at < begins:
        return Rule.CLEARED_BEFORE_IT_BEGAN
    if row.cleared_at - begins > LONGEST_DISPATCH:
        return Rule.TOO_LONG
    if _folded(row.type) in eligibility.types:
        return Rule.EXCLUDED_TYPE
    if _folded(row.disposition) in eligibility.dispositions:
        return Rule.EXCLUDED_DISPOSITION
    return None if officer_known else Rule.UNKNOWN_OFFICER


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()
