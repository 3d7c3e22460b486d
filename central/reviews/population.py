"""The videos of a quarter that can be drawn, and how many cannot, by reason."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from central.custody.models import Asset
from central.reviews.drawing import Candidate
from central.roster.csv_file import LONGEST_SHIFT
from central.roster.models import Shift

NOT_HELD, OUTSIDE_ANY_SHIFT, TWO_OFFICERS = "not_held", "outside_any_shift", "two_officers"
Turn = tuple[datetime, datetime, str, str]
"""Start, end, officer, shift."""


def quarter_of(name: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The quarter's first instant, and the first after it, in the site's zone.

    Raises:
        ValueError: it is no quarter.
    """
    if not re.fullmatch(r"20\d\dQ[1-4]", name):
        raise ValueError(f"{name!r} is no quarter; write it like 2026Q4")
    year, number = int(name[:4]), int(name[5])
    begin = datetime(year, 3 * number - 2, 1, tzinfo=zone)
    end = datetime(year + (number == 4), 1 if number == 4 else 3 * number + 1, 1, tzinfo=zone)
    return begin, end


def population(begin: datetime, end: datetime) -> tuple[list[Candidate], dict[str, int]]:
    """Videos that central holds, recorded within `[begin, end)` in the shift of exactly one officer."""
    turns = _turns(begin, end)
    videos = Asset.objects.filter(kind="video", recorded_at__gte=begin, recorded_at__lt=end).order_by("pk")
    found: list[Candidate] = []
    left_out: Counter[str] = Counter()
    for pk, camera, recorded_at, held in videos.values_list(
        "pk", "camera", "recorded_at", "object__rotten_at"
    ).filter(object__isnull=False):
        whose = _whose(turns.get(camera, ()), recorded_at)
        if held is not None:
            left_out[NOT_HELD] += 1
        elif len({officer for _, _, officer, _ in whose}) == 1:
            found.append(Candidate(whose[0][2], str(pk), whose[0][3]))
        else:
            left_out[TWO_OFFICERS if whose else OUTSIDE_ANY_SHIFT] += 1
    left_out[NOT_HELD] += videos.filter(object=None).count()
    return found, {reason: number for reason, number in sorted(left_out.items()) if number}


def _turns(begin: datetime, end: datetime) -> Mapping[str, list[Turn]]:
    rows = Shift.objects.filter(starts_at__lt=end, ends_at__gte=begin - timedelta(days=1))
    rows = rows.exclude(status__in=Shift.NOBODYS).order_by("starts_at", "pk")
    found: dict[str, list[Turn]] = {}
    for camera, *turn in rows.values_list("camera_serial", "starts_at", "ends_at", "officer_id", "pk"):
        found.setdefault(camera, []).append((turn[0], turn[1], turn[2], turn[3]))
    return found


def _whose(turns: Iterable[Turn], at: datetime) -> list[Turn]:
    turns = list(turns)
    last = bisect_right(turns, at, key=lambda one: one[0])
    first = bisect_right(turns, at - LONGEST_SHIFT, key=lambda one: one[0])
    return [one for one in turns[first:last] if at < one[1]]
