"""Which rows a package of some span needs, and by which rule it leaves the others at central. Rows are dicts of plain
columns here, as an export names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from central.measures.videos import MARGIN
from central.measures.window import Window

Row = Mapping[str, Any]
OUTSIDE_THE_SPAN, OVER_BEFORE_IT = "outside_the_span", "over_before_the_span"
NONE = timedelta()


def left_out(table: str, row: Row, window: Window) -> str | None:
    """The rule by which this row stays at central; None: it is packaged."""
    rule = RULES.get(table)
    return rule(row, window) if rule else None


def _shift(row: Row, window: Window) -> str | None:
    """A video may lie so long before or after the duty that it belongs to."""
    begins, ends = row["duty_starts_at"] or row["ends_at"], row["duty_ends_at"] or row["ends_at"]
    wide = window.widened(MARGIN, MARGIN)
    inside = (wide.begins is None or ends >= wide.begins) and (wide.ends is None or begins < wide.ends)
    return None if inside else OUTSIDE_THE_SPAN


def _asset(row: Row, window: Window) -> str | None:
    at = row["recorded_at"] or row["staged_at"]
    return None if at is None or window.holds(at) else OUTSIDE_THE_SPAN


def _dock(row: Row, window: Window) -> str | None:
    """Also every later one: it may be the return of a camera that was out."""
    over = row["undocked_at"] is not None and window.begins is not None and row["undocked_at"] < window.begins
    return OVER_BEFORE_IT if over else None


def _dispatch(row: Row, window: Window) -> str | None:
    own = row["arrived_at"] if row["kind"] == "self_initiated" else None
    at = row["dispatched_at"] or own
    return None if at is None or window.holds(at) else OUTSIDE_THE_SPAN


RULES: dict[str, Callable[[Row, Window], str | None]] = {
    "shifts": _shift,
    "assets": _asset,
    "docks": _dock,
    "dispatches": _dispatch,
}
