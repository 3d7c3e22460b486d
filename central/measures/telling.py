"""Measures as plain values for JSON, as lines for a terminal, and the rows behind them as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from central.measures.counting import Excuses, Figure
from central.measures.dispatches import CountedDispatch, Sent, counted_dispatches
from central.measures.duties import CountedDuty
from central.measures.measuring import Measures, Rows, Split
from central.measures.rules import MEASURES, RULES
from central.measures.videos import CAUSES, CountedVideo, counted_cameras

DAY_S = 86_400
DUTY_COLUMNS = (
    *("shift_ids", "camera_serial", "officer_id", "unit", "duty_starts_at", "duty_ends_at", "end_source", "deadline"),
    *("docked_at", "absent_until", "docked_station_id", "docked_bay", "verdict", "plain_verdict", "late_by_seconds"),
    *("why", "excuse", "excused", "part", "part_1h", "days"),
)
VIDEO_COLUMNS = (
    *("asset_id", "camera_serial", "station_id", "sha256", "state", "recorded_at", "recorded_until"),
    *("recorded_source", "docked_at", "staged_at", "verified_at", "shift_ids", "unit", "duty_ends_at"),
    *(f"{cause}_seconds" for cause in CAUSES),
    *("excused", "part", "largest"),
)
CAMERA_COLUMNS = (
    "camera_serial",
    "videos",
    "late_videos",
    "part",
    "videos_honoured",
    "late_honoured",
    "part_honoured",
)
SENT_COLUMNS = (
    *("dispatch_id", "officer_id", "kind", "type", "priority", "begins_at", "unit", "result", "rule", "late_start_s"),
    *("early_end_s", "asset_ids", "camera_serials", "excused"),
    *("call", "self_initiated", "cause", "documented", "start", "end", "whole"),
)
DISPATCH_COLUMNS = (
    *("dispatch_id", "officer_ids", "kind", "type", "priority", "begins_at", "units", "call", "self_initiated"),
    *("call_honoured", "self_initiated_honoured"),
)
WORDS = {
    "on_time": "docked by the deadline",
    "within_1h": "seen docked within 1 h of the end",
    "not_by_deadline": "not docked by the deadline",
    "late": "· late",
    "outstanding": "· outstanding",
    "indeterminate": "beside: nothing can be said",
    **{f"days_{number}": f"late by up to {number} d" for number in range(1, 6)},
    "days_more": "late by more than 5 d",
    "videos": "videos later than 24 h",
    "cameras": "cameras with such a video",
    "shift_remainder": "largest: rest of the shift",
    "officer": "largest: until docked",
    "dock": "largest: dock and camera",
    "network": "largest: network, central",
    "calls": "calls with a video",
    "self_initiated": "own activity with a video",
    "calls_of_officers": "officers at calls with a video",
    "self_initiated_of_officers": "officers' own activity, video",
    "without_reason": "no video, and no reason known",
    "camera_not_docked": "missing: camera not docked yet",
    "in_backlog": "missing: in backlog",
    "documented_exception": "missing: documented exception",
    "no_camera_assigned": "missing: no camera assigned",
    "station_not_watching": "missing: station not watching",
    "unexplained": "missing: unexplained",
    "documented_before": "· documented before the fact",
    "documented_after": "· documented after the fact",
    "complete": "complete recordings",
    "late_start": "· began late",
    "early_end": "· ended early",
}


def rows_behind(measure: str, rows: Rows) -> tuple[tuple[str, ...], Iterator[list[Any]]]:
    """The columns and the rows that this measure counts, with everything it leaves out."""
    if measure in ("M1", "M2", "M3"):
        return DUTY_COLUMNS, (_duty(one) for one in rows.duties)
    if measure == "M4b":
        return CAMERA_COLUMNS, _cameras(rows)
    if measure in ("M9", "M10"):
        return DISPATCH_COLUMNS, (_dispatch(one) for one in counted_dispatches(rows.sent))
    if measure in ("M9b", "M10b", "M11", "M12"):
        return SENT_COLUMNS, (_sent(one) for one in rows.sent)
    return VIDEO_COLUMNS, (_video(one) for one in rows.videos)


def as_values(told: Measures) -> dict[str, Any]:
    """Everything, for JSON. `share` and `interval` are null where there is nothing to divide by."""
    asked = told.asked
    return {
        "from": asked.window.begins,
        "to": asked.window.ends,
        "unit": asked.unit,
        "at": asked.at,
        "as_it_stood": asked.as_it_stood,
        "time_zone": asked.zone.key,
        "rules": [
            {
                "measure": rule.measure,
                "name": rule.name,
                "column": rule.column,
                "counts": sorted(rule.counts),
                "among": sorted(rule.among),
            }
            for rule in RULES
        ],
        "figures": [_figure(one) for one in told.figures],
        "days_late": [
            {
                "excuses": one.excuses,
                "late": one.late,
                "median_seconds": one.median_s,
                "p90_seconds": one.p90_s,
                "max_seconds": one.max_s,
            }
            for one in told.days_late
        ],
        "delay_hours": [{"excuses": one.excuses, **one.hours} for one in told.delays],
        "indeterminate_because": told.causes,
        "units": [_split(one) for one in told.units],
        "months": [_split(one) for one in told.months],
        "types": [_split(one) for one in told.types],
        "priorities": [_split(one) for one in told.priorities],
    }


def as_lines(told: Measures) -> Iterator[str]:
    """For a terminal: each figure with its counts, its interval, and what it leaves out."""
    yield from _heading(told)
    for measure in MEASURES:
        ignored = [one for one in told.figures if (one.measure, one.excuses) == (measure, Excuses.IGNORED)]
        yield ""
        for one in ignored:
            honoured = told.figure(measure, one.name, Excuses.HONOURED)
            yield f"{measure:<5}{WORDS[one.name]:<36}{_share(one):<34}excuses honoured: {_share(honoured)}"
        for left_out in dict.fromkeys(_left_out(one) for one in ignored):
            if left_out:
                yield f"    left out: {left_out}"
        if measure == "M3":
            yield from (f"    {line}" for line in _days_late(told))


def _heading(told: Measures) -> Iterator[str]:
    asked = told.asked
    begins, ends = (
        "the beginning" if asked.window.begins is None else asked.window.begins.astimezone(asked.zone).isoformat(),
        "now" if asked.window.ends is None else asked.window.ends.astimezone(asked.zone).isoformat(),
    )
    yield f"From {begins} to {ends}, {asked.unit if asked.unit is not None else 'all units'}."
    stood = " as they stood at" if asked.as_it_stood else ", told at"
    placed = "Duties by their end, videos by their recording, dispatches by their beginning"
    yield f"{placed}{stood} {asked.at.isoformat()}."


def _days_late(told: Measures) -> Iterator[str]:
    for one in told.days_late:
        if one.late:
            median, p90, most = (f"{(value or 0) / DAY_S:.2f} d" for value in (one.median_s, one.p90_s, one.max_s))
            yield f"{one.late} late, excuses {one.excuses}: median {median}, nine in ten up to {p90}, most {most}"


def percent(one: Figure) -> str:
    """`93.0%`; words where there is no figure. Rounding makes neither none nor all of what is neither."""
    share = one.proportion.share
    if share is None:
        return "no figure"
    return "<0.1%" if 0 < share < 0.0005 else ">99.9%" if 0.9995 <= share < 1 else f"{share:.1%}"


def percents(one: Figure) -> str:
    """Its interval: `91.2% to 94.4%`; nothing where there is no figure."""
    interval = one.proportion.interval
    return "" if interval is None else f"{interval[0]:.1%} to {interval[1]:.1%}"


def _share(one: Figure) -> str:
    counts = f"{one.proportion.numerator} of {one.proportion.denominator}"
    interval = percents(one)
    return f"{percent(one)} ({interval}) {counts}" if interval else f"{percent(one)}: {counts}"


def _left_out(one: Figure) -> str:
    return ", ".join(f"{number} {part}" for part, number in one.left_out.items())


def _figure(one: Figure) -> dict[str, Any]:
    counts = one.proportion
    return {
        "measure": one.measure,
        "name": one.name,
        "excuses": one.excuses,
        "numerator": counts.numerator,
        "denominator": counts.denominator,
        "share": counts.share,
        "interval": counts.interval,
        "left_out": one.left_out,
    }


def _split(one: Split) -> dict[str, Any]:
    return {"name": one.name, "figures": [_figure(figure) for figure in one.figures]}


def _duty(one: CountedDuty) -> list[Any]:
    said = one.last
    return [
        *(list(one.shift_ids), said.camera, said.officer, said.unit, one.starts_at, one.ends_at),
        *(said.end_source or None, said.deadline_at, said.docked_at, said.absent_until),
        *(said.docked_station or None, said.docked_bay or None, said.verdict or None, said.plain_verdict or None),
        *(said.late_by_s, list(said.causes), said.excuse or None, one.is_excused),
        *(one.parts[column] for column in ("part", "part_1h", "days")),
    ]


def _video(one: CountedVideo) -> list[Any]:
    row, duty, delays = one.row, one.duty, one.delays
    return [
        *(row.asset_id, row.camera, row.station, row.sha256 or None, row.state, row.recorded_at, row.ended_at),
        *(row.recorded_source or None, row.docked_at, row.staged_at, row.verified_at),
        *(list(duty.shift_ids) if duty else [], one.unit, duty.ends_at if duty else None),
        *(delays[cause] / timedelta(seconds=1) if delays else None for cause in CAUSES),
        *(one.is_excused, one.parts["part"], one.parts["largest"]),
    ]


def _sent(one: Sent) -> list[Any]:
    return [
        *(one.dispatch_id, one.officer or None, one.kind, one.type, one.priority, one.begins_at, one.unit),
        *(one.result, one.rule or None, one.late_start_s, one.early_end_s, list(one.assets), list(one.cameras)),
        *(one.is_excused, *one.parts.values()),
    ]


def _dispatch(one: CountedDispatch) -> list[Any]:
    first = one.sent[0]
    return [
        *(one.dispatch_id, [sent.officer for sent in one.sent], first.kind, first.type, first.priority),
        *(first.begins_at, sorted({sent.unit for sent in one.sent})),
        *(one.part(column, excuses) for excuses in Excuses for column in ("call", "self_initiated")),
    ]


def _cameras(rows: Rows) -> Iterator[list[Any]]:
    ignored: Iterable[Any] = counted_cameras(rows.videos, without_excused=False)
    honoured = counted_cameras(rows.videos, without_excused=True)
    for one, other in zip(ignored, honoured, strict=True):
        counts = (one.videos, one.late, one.parts["part"], other.videos, other.late, other.parts["part"])
        yield [one.camera, *counts]
