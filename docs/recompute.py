"""Recomputes M1 to M5 from two exports and nothing of ours (Python 3.11, no other program needed):

dock-central export shifts --format json --data DIR > shifts.json
dock-central export assets --format json --data DIR > assets.json
python recompute.py shifts.json assets.json 2026-11-24T06:00:00Z [FROM TO]
"""

import json
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

HOUR, DAY_S, CAUSES = timedelta(hours=1), 86_400, ("shift_remainder", "officer", "dock", "network")
FIRST, LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def instant(text, otherwise=None):
    return datetime.fromisoformat(text) if text else otherwise


def recompute(shifts, assets, at, begins=FIRST, ends=LAST):
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


if __name__ == "__main__":
    shift_rows, asset_rows = (json.loads(Path(name).read_text()) for name in sys.argv[1:3])
    for (measure, name, excuses), figure in recompute(shift_rows, asset_rows, *(map(instant, sys.argv[3:]))).items():
        print(measure, name, f"excuses {excuses}:", figure)
