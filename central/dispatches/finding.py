"""What is found of one dispatch: covered, started late, ended early, missing, or not counted. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from central.dispatches.csv_file import SELF_INITIATED, DispatchRow
from central.dispatches.eligibility import Rule
from central.dispatches.explaining import Cause, Circumstances, cause_of
from central.dispatches.matching import Recording


class Result(StrEnum):
    COVERED = "covered"
    LATE_START = "late_start"
    EARLY_END = "early_end"
    MISSING = "missing"
    EXCLUDED = "excluded"


PENDING = "pending"
"""The result of a dispatch that was not compared yet."""


class Edge(StrEnum):
    """How a recording begins and ends beside its dispatch (M12)."""

    IN_TIME = "in_time"
    LATE_START = "late_start"
    EARLY_END = "early_end"
    NO_ARRIVAL_TIME = "no_arrival_time"
    ARRIVAL_OUT_OF_ORDER = "arrival_out_of_order"
    START_UNKNOWN = "start_unknown"
    END_UNKNOWN = "end_unknown"
    FOOTAGE_OUTSTANDING = "footage_outstanding"
    """More of it may still come: nobody is told that he began late or ended early."""


@dataclass(frozen=True)
class Finding:
    """What a comparison says. Seconds are null where nothing is measured, and 0 where nothing is missing."""

    result: Result
    rule: Rule | None = None
    cause: Cause | None = None
    start: Edge | None = None
    end: Edge | None = None
    late_start_s: float | None = None
    early_end_s: float | None = None
    recordings: tuple[Recording, ...] = ()
    awaits: str = ""


def finding_of(
    row: DispatchRow,
    rule: Rule | None,
    recordings: Sequence[Recording],
    around: Circumstances,
    tolerance: timedelta,
) -> Finding:
    """`recordings`: the officer's that overlap the dispatch, receipted or not. `rule`: keeps it out of counts."""
    begins, cleared = row.begins_at, row.cleared_at
    if rule is not None or begins is None or cleared is None:
        return Finding(Result.EXCLUDED, rule)
    if not any(one.is_receipted for one in recordings):
        return Finding(Result.MISSING, cause=cause_of(around), awaits=around.awaits)
    start, late_s = _start(row, begins, cleared, recordings, tolerance)
    end, early_s = _end(cleared, recordings, tolerance)
    if around.awaits:
        start = Edge.FOOTAGE_OUTSTANDING if start is Edge.LATE_START else start
        end = Edge.FOOTAGE_OUTSTANDING if end in (Edge.EARLY_END, Edge.END_UNKNOWN) else end
    late, early = start is Edge.LATE_START, end is Edge.EARLY_END
    return Finding(
        Result.LATE_START if late else Result.EARLY_END if early else Result.COVERED,
        start=start,
        end=end,
        late_start_s=None if start is Edge.FOOTAGE_OUTSTANDING else late_s,
        early_end_s=None if end is Edge.FOOTAGE_OUTSTANDING else early_s,
        recordings=tuple(recordings),
        awaits=around.awaits,
    )


def _start(
    row: DispatchRow, begins: datetime, cleared: datetime, recordings: Sequence[Recording], tolerance: timedelta
) -> tuple[Edge, float | None]:
    arrived = row.arrived_at or (begins if row.kind == SELF_INITIATED else None)
    if arrived is None:
        return Edge.NO_ARRIVAL_TIME, None
    if not begins <= arrived <= cleared:
        return Edge.ARRIVAL_OUT_OF_ORDER, None
    first = min(recordings, key=lambda one: one.began_at)
    if not first.begin_is_known:
        return Edge.START_UNKNOWN, None
    late = max(first.began_at - arrived, timedelta(0))
    return (Edge.LATE_START if late > tolerance else Edge.IN_TIME), late.total_seconds()


def _end(cleared: datetime, recordings: Sequence[Recording], tolerance: timedelta) -> tuple[Edge, float | None]:
    ended = max(one.ended_at for one in recordings)
    early = max(cleared - ended, timedelta(0))
    if early <= tolerance:
        return Edge.IN_TIME, early.total_seconds()
    if not all(one.end_is_known for one in recordings):
        return Edge.END_UNKNOWN, None
    return Edge.EARLY_END, early.total_seconds()
