"""The measures: which parts each counts, among which. This table is the definition; docs/measures.md explains it."""

from __future__ import annotations

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

RULES = (*OF_DUTIES, *OF_VIDEOS, *OF_CAMERAS)
MEASURES = tuple(sorted({rule.measure for rule in RULES}))
