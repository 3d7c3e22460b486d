"""The measures: which parts each counts, among which. This table is the definition; docs/measures.md explains it."""

from __future__ import annotations

import re

from central.dispatches.explaining import Cause
from central.dispatches.finding import Edge
from central.measures.counting import Rule
from central.measures.duties import AFTER_1H, COUNTED, DAYS, JUDGED, WITHIN_1H
from central.measures.videos import CAUSES, IN_TIME
from central.measures.videos import LATE as VIDEO_LATE
from central.timeliness.verdict import Indeterminate, Late, OnTime, Outstanding

ARRIVED_OR_DUE = frozenset({VIDEO_LATE, IN_TIME})

OF_DUTIES = (
    Rule("M1", "on_time", "part", frozenset({OnTime.name}), COUNTED),
    Rule("M1", "within_1h", "part_1h", frozenset({WITHIN_1H}), frozenset({WITHIN_1H, AFTER_1H})),
    Rule("M2", "not_by_deadline", "part", frozenset({Late.name, Outstanding.name}), COUNTED),
    Rule("M2", "late", "part", frozenset({Late.name}), COUNTED),
    Rule("M2", "outstanding", "part", frozenset({Outstanding.name}), COUNTED),
    # Beside the others and in none of their counts: how much is not known.
    Rule("M2", "indeterminate", "part", frozenset({Indeterminate.name}), JUDGED),
    *(Rule("M3", f"days_{days}", "days", frozenset({days}), frozenset(DAYS)) for days in DAYS),
)
OF_VIDEOS = (
    Rule("M4a", "videos", "part", frozenset({VIDEO_LATE}), ARRIVED_OR_DUE),
    *(Rule("M5", cause, "largest", frozenset({cause}), frozenset(CAUSES)) for cause in CAUSES),
)
OF_CAMERAS = (Rule("M4b", "cameras", "part", frozenset({VIDEO_LATE}), ARRIVED_OR_DUE),)

WITH_VIDEO, WITHOUT_VIDEO = "with_video", "without_video"
COMPLETE, INCOMPLETE = "complete", "incomplete"
ELIGIBLE = frozenset({WITH_VIDEO, WITHOUT_VIDEO})
MISSING = frozenset(map(str, Cause))
DOCUMENTED = ("documented_before", "documented_after")
DOCUMENTED_OR_NOT = (MISSING - {str(Cause.DOCUMENTED_EXCEPTION)}) | set(DOCUMENTED)

OF_DISPATCHES = (
    Rule("M9", "calls", "call", frozenset({WITH_VIDEO}), ELIGIBLE),
    Rule("M10", "self_initiated", "self_initiated", frozenset({WITH_VIDEO}), ELIGIBLE),
)
OF_SENT = (
    Rule("M9b", "calls_of_officers", "call", frozenset({WITH_VIDEO}), ELIGIBLE),
    Rule("M10b", "self_initiated_of_officers", "self_initiated", frozenset({WITH_VIDEO}), ELIGIBLE),
    # The auditor's question: how many have no video, and nobody can say why?
    Rule("M11", "without_reason", "cause", frozenset({str(Cause.UNEXPLAINED)}), MISSING | {WITH_VIDEO}),
    *(Rule("M11", str(cause), "cause", frozenset({str(cause)}), MISSING) for cause in Cause),
    *(Rule("M11", part, "documented", frozenset({part}), frozenset(DOCUMENTED_OR_NOT)) for part in DOCUMENTED),
    Rule("M12", "complete", "whole", frozenset({COMPLETE}), frozenset({COMPLETE, INCOMPLETE})),
    Rule("M12", "late_start", "start", frozenset({str(Edge.LATE_START)}), frozenset({Edge.LATE_START, Edge.IN_TIME})),
    Rule("M12", "early_end", "end", frozenset({str(Edge.EARLY_END)}), frozenset({Edge.EARLY_END, Edge.IN_TIME})),
)

RULES = (*OF_DUTIES, *OF_VIDEOS, *OF_CAMERAS, *OF_DISPATCHES, *OF_SENT)


def in_order(measure: str) -> tuple[int, str]:
    """M9 comes before M10."""
    number, letter = re.fullmatch(r"M(\d+)(\w?)", measure).groups()  # type: ignore[union-attr]
    return int(number), letter


MEASURES = tuple(sorted({rule.measure for rule in RULES}, key=in_order))
