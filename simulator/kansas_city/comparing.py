"""What was planted beside what central says, shift by shift."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.kansas_city.city import UNCERTAINTY
from simulator.kansas_city.expecting import UNKNOWN, Expected
from simulator.kansas_city.plan import Plan, Post, Truth

ACCUSED = ("late", "outstanding")
DAY_S = 86_400.0


@dataclass(frozen=True)
class Figures:
    """One side's count. A return is a shift whose camera was taken out."""

    returns: int
    on_time: int
    late: int
    outstanding: int
    beside: int
    """Neither: nobody can tell."""
    no_duty: int
    excused: int
    """Of those that are late."""
    late_percent: float
    """Of those on which there is a word."""
    days_late: dict[str, int]
    median_days_late: float | None


@dataclass(frozen=True)
class Comparison:
    shifts: int
    truth: Figures
    """Of all shifts, as they were planted."""
    planted: Figures
    """The truth of those whose return was watched, which central can know."""
    said: Figures
    """What central says of the same."""
    beside: Figures
    """What central says of the others: stations were dark, or a camera went from hand to hand."""
    late_for_less: list[str]
    """Docked in time to be less late, at a station that was dark by then and saw it gone again: central can only say
    until when it was proven absent, and lists the gap."""
    wrongly_accused: list[str]
    """Returned in time or never taken or in another's hands, and central says late or outstanding."""
    differing: list[str]
    """Anything that central says otherwise than it must, or not at all; each with what it says."""


def compare(plan: Plan, expected: Mapping[str, Expected], says: Mapping[str, Mapping[str, Any]]) -> Comparison:
    def said_of(posts: Iterable[Post]) -> Figures:
        return _said([says.get(post.shift_id, {}) for post in posts])

    watched = [post for post in plan.posts if _was_watched(post, expected[post.shift_id])]
    others = [post for post in plan.posts if not _was_watched(post, expected[post.shift_id])]
    innocent = [post for post in plan.posts if post.truth not in (Truth.LATE, Truth.LOST)]
    wrong = ((post, _wrong(post, expected[post.shift_id], says.get(post.shift_id))) for post in plan.posts)
    return Comparison(
        shifts=len(plan.posts),
        truth=_planted(plan.posts),
        planted=_planted(watched),
        said=said_of(watched),
        beside=said_of(others),
        late_for_less=[post.shift_id for post in others if _is_less(post, expected[post.shift_id])],
        wrongly_accused=[post.shift_id for post in innocent if _plain(says.get(post.shift_id)) in ACCUSED],
        differing=[f"{post.shift_id}: {what}" for post, what in wrong if what],
    )


def _was_watched(post: Post, expected: Expected) -> bool:
    """Whether the docks saw all that tells the truth of it, as it happened."""
    seen_as_it_came = post.by is None or (expected.by is not None and abs(post.by - expected.by) <= UNCERTAINTY)
    return expected.verdict == post.truth and seen_as_it_came


def _is_true(post: Post, expected: Expected) -> bool:
    """Whether what can be seen agrees with the truth, but for how late."""
    if expected.verdict == UNKNOWN:
        return True
    if expected.verdict == Truth.NO_DUTY:  # what was handed over was perhaps never his
        return post.truth in (Truth.NO_DUTY, Truth.ON_TIME)
    return expected.verdict == post.truth


def _is_less(post: Post, expected: Expected) -> bool:
    return post.by is not None and expected.by is not None and post.by < expected.by


def _plain(said: Mapping[str, Any] | None) -> str:
    return "" if said is None else str(said["plain_verdict"])


def _wrong(post: Post, expected: Expected, said: Mapping[str, Any] | None) -> str:
    """What is wrong with what central says, or nothing."""
    if said is None:
        return "central does not know this shift"
    if said["plain_verdict"] != expected.verdict:
        return f"must be {expected.verdict} (truly {post.truth}), is {said['plain_verdict']} {said['why']}"
    if said["deadline"] != post.deadline:
        return f"its deadline is {post.deadline}, not {said['deadline']}"
    if expected.by is not None and abs(said["late_by_seconds"] - expected.by.total_seconds()) > 1e-3:
        return f"late by {expected.by}, not by {said['late_by_seconds']} s"
    if not _is_true(post, expected):
        return f"truly {post.truth} ({post.by}), and the docks show {expected}"
    return "" if (said["verdict"] == "excused") == bool(post.excuse) else f"excuse {post.excuse!r}: {said['verdict']}"


def _planted(posts: Iterable[Post]) -> Figures:
    posts = list(posts)
    late = [post.by.total_seconds() / DAY_S for post in posts if post.by is not None]
    verdicts = Counter(UNKNOWN if post.truth is Truth.BY_HAND else str(post.truth) for post in posts)
    return _figures(verdicts, late, sum(bool(post.excuse) and post.by is not None for post in posts))


def _said(rows: Iterable[Mapping[str, Any]]) -> Figures:
    rows = list(rows)
    late = [row["late_by_seconds"] / DAY_S for row in rows if row.get("plain_verdict") == "late"]
    excused = sum(row.get("verdict") == "excused" and row.get("plain_verdict") == "late" for row in rows)
    return _figures(Counter(str(row.get("plain_verdict")) for row in rows), late, excused)


def _figures(verdicts: Counter[str], late: list[float], excused: int) -> Figures:
    told = verdicts["on_time"] + verdicts["late"] + verdicts["outstanding"]
    return Figures(
        returns=verdicts.total() - verdicts["no_duty"],
        on_time=verdicts["on_time"],
        late=verdicts["late"],
        outstanding=verdicts["outstanding"],
        beside=verdicts.total() - told - verdicts["no_duty"],
        no_duty=verdicts["no_duty"],
        excused=excused,
        late_percent=round(100 * verdicts["late"] / told, 3) if told else 0.0,
        days_late={f"{day}-{day + 1}": sum(day <= one < day + 1 for one in late) for day in range(6)},
        median_days_late=round(statistics.median(late), 3) if late else None,
    )
