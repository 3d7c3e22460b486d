"""Recomputes M1 to M5 and M9 to M12 from exports and nothing of ours (Python 3.11, no other program needed):

dock-central export shifts --format json --data DIR > shifts.json
dock-central export assets --format json --data DIR > assets.json
dock-central export dispatches --format json --data DIR > dispatches.json
python recompute.py shifts.json assets.json [dispatches.json] 2026-11-24T06:00:00Z [FROM TO]
"""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

HOUR, DAY_S, CAUSES = timedelta(hours=1), 86_400, ("shift_remainder", "officer", "dock", "network")
MISSING = ("camera_not_docked", "in_backlog", "documented_exception", "no_camera_assigned", "station_not_watching")
MISSING += ("unexplained",)
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def instant(text, otherwise=None):
    return datetime.fromisoformat(text) if text else otherwise


def recompute(shifts, assets, at, begins=FIRST, ends=LAST, dispatches=()):
    """(measure, name, excuses) -> (numerator, denominator); for M3 also its median, p90 and max in seconds."""
    duties, told = {}, {}  # the shifts of one duty share a verdict: the one that ends last stands for it
    for row in sorted(shifts, key=lambda row: (instant(row["ends_at"]), row["shift_id"])):
        if row["duty_ends_at"]:
            duties[row["camera_serial"], row["officer_id"], row["duty_starts_at"]] = row
    videos = [row for row in assets if row["kind"] == "video" and row["recorded_at"]]
    videos = [row for row in videos if begins <= instant(row["recorded_at"]) < ends]
    first = {}  # the same bytes from the same camera are one video: the first to arrive counts
    for row in sorted(videos, key=lambda row: (instant(row["verified_at"], LAST), row["asset_id"])):
        first.setdefault((row["camera_serial"], row["sha256"] or row["asset_id"]), row)
    rosters = {}
    for duty in duties.values():
        rosters.setdefault(duty["camera_serial"], []).append(duty)
    videos = [(row, duty_of(row, rosters.get(row["camera_serial"], []))) for row in first.values()]
    ended = [duty for duty in duties.values() if begins <= instant(duty["duty_ends_at"]) < ends]
    for excuses in ("ignored", "honoured"):
        counts = [duty for duty in ended if excuses == "ignored" or duty["verdict"] != "excused"]
        kept = [one for one in videos if excuses == "ignored" or not one[1] or one[1]["verdict"] != "excused"]
        for (measure, name), figure in {**of_duties(counts), **of_videos(kept, at)}.items():
            told[measure, name, excuses] = figure
        sent = [row for row in dispatches if begins <= (began(row) or begins) < ends]
        sent = [row for row in sent if excuses == "ignored" or not row["documented"]]
        told |= {(measure, name, excuses): figure for (measure, name), figure in of_dispatches(sent).items()}
    return told


def of_duties(duties):
    said = Counter(duty["plain_verdict"] for duty in duties)
    on_time, late, out, unknown = (said[name] for name in ("on_time", "late", "outstanding", "indeterminate"))
    judged, seen = on_time + late + out, Counter(map(within_1h, duties))
    told = {("M1", "on_time"): (on_time, judged), ("M1", "within_1h"): (seen[True], seen[True] + seen[False])}
    told |= {("M2", "not_by_deadline"): (late + out, judged), ("M2", "late"): (late, judged)}
    told |= {("M2", "outstanding"): (out, judged), ("M2", "indeterminate"): (unknown, judged + unknown)}
    by = sorted(duty["late_by_seconds"] for duty in duties if duty["plain_verdict"] == "late")
    days = Counter("more" if seconds > 5 * DAY_S else str(max(1, ceil(seconds / DAY_S))) for seconds in by)
    told |= {("M3", f"days_{name}"): (days[name], late) for name in ("1", "2", "3", "4", "5", "more")}
    ranks = {"median": ceil(0.5 * late), "p90": ceil(0.9 * late), "max": late}
    return told | {("M3", name): by[rank - 1] if by else None for name, rank in ranks.items()}


def within_1h(duty):
    """True, False, or None where it cannot be said."""
    limit, docked, absent = (instant(duty[name]) for name in ("duty_ends_at", "docked_at", "absent_until"))
    limit += HOUR
    if duty["plain_verdict"] not in ("on_time", "late", "outstanding"):
        return None
    if docked:
        return docked <= limit or (False if absent and absent >= limit else None)
    seen_until = instant(duty["deadline"]) + timedelta(seconds=duty["late_by_seconds"] or 0)
    return False if seen_until >= limit else None


def of_videos(videos, at):
    late, cameras, largest = [], {}, Counter()
    for row, duty in videos:
        ended, arrived = instant(row["recorded_until"]), instant(row["verified_at"])
        took = (arrived or at) - ended
        if took < timedelta(0) or (not arrived and took <= 24 * HOUR):
            continue  # a camera's clock was wrong, or it is too early to tell
        late.append(took > 24 * HOUR)
        cameras[row["camera_serial"]] = cameras.get(row["camera_serial"], False) or late[-1]
        edges = [instant(row["docked_at"]), instant(row["staged_at"]), arrived]
        if late[-1] and duty and all(edges):
            docked = min(max(edges[0], ended), arrived)
            edges = [ended, min(max(instant(duty["duty_ends_at"]), ended), docked), docked]
            edges += [min(max(instant(row["staged_at"]), docked), arrived), arrived]
            largest[max(range(4), key=lambda step: edges[step + 1] - edges[step])] += 1
    told = {("M4a", "videos"): (sum(late), len(late)), ("M4b", "cameras"): (sum(cameras.values()), len(cameras))}
    return told | {("M5", cause): (largest[step], largest.total()) for step, cause in enumerate(CAUSES)}


def duty_of(video, duties):
    """The nearest of this camera's duties, at most two hours away; of several the one that began last."""
    at, near = instant(video["recorded_at"]), []
    for duty in duties:
        starts, ends = instant(duty["duty_starts_at"]), instant(duty["duty_ends_at"])
        away = max(starts - at, at - ends, timedelta(0))
        if away <= 2 * HOUR:
            near.append((-away, starts, duty["shift_id"], duty))
    return max(near, key=lambda one: one[:3])[3] if near else None


def began(row):
    own = row["arrived_at"] if row["kind"] == "self_initiated" else None
    return instant(row["dispatched_at"] or own)


def of_dispatches(sent):
    """`sent`: one row for each officer of each dispatch. Excluded and pending rows are in no count."""
    rows, told = [row for row in sent if row["result"] not in ("excluded", "pending")], {}
    for kind, each, both in (("call", "M9b", "M9"), ("self_initiated", "M10b", "M10")):
        own = [(row["dispatch_id"], row["result"] != "missing") for row in rows if row["kind"] == kind]
        has_video = dict(sorted(own, key=lambda one: one[1]))  # of one dispatch's rows the one with a video is last
        name = {"call": "calls", "self_initiated": "self_initiated"}[kind]
        told[each, f"{name}_of_officers"] = (sum(video for _, video in own), len(own))
        told[both, name] = (sum(has_video.values()), len(has_video))
    missing = [row for row in rows if row["result"] == "missing"]
    why = Counter(row["cause"] for row in missing)
    documented = Counter(row["documented"] for row in missing if row["cause"] == "documented_exception")
    told["M11", "without_reason"] = (why["unexplained"], len(rows))
    told |= {("M11", cause): (why[cause], len(missing)) for cause in MISSING}
    told |= {("M11", f"documented_{when}"): (documented[when], len(missing)) for when in ("before", "after")}
    edges = [(row["start"], row["end"]) for row in rows if row["result"] != "missing"]
    late, early = Counter(start for start, _ in edges), Counter(end for _, end in edges)
    short, whole = sum("late_start" in edge or "early_end" in edge for edge in edges), edges.count(("in_time",) * 2)
    told["M12", "complete"] = (whole, whole + short)
    told["M12", "late_start"] = (late["late_start"], late["late_start"] + late["in_time"])
    told["M12", "early_end"] = (early["early_end"], early["early_end"] + early["in_time"])
    return told


if __name__ == "__main__":
    files, instants = ([one for one in sys.argv[1:] if one.endswith(".json") is wanted] for wanted in (True, False))
    shift_rows, asset_rows, *more = (json.loads(Path(name).read_text()) for name in files)
    found = recompute(shift_rows, asset_rows, *map(instant, instants), dispatches=more[0] if more else ())
    for (measure, name, excuses), figure in found.items():
        print(measure, name, f"excuses {excuses}:", figure)
