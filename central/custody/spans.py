"""Spans of watching: what several have in common, and what is left when gaps are taken out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from central.timeliness.facts import Watched


def in_common(spans: Sequence[Watched], others: Sequence[Watched]) -> list[Watched]:
    """When both were watched, each part as uncertain as the worse of the two."""
    parts = []
    for one in spans:
        for other in others:
            since, until = max(one.since, other.since), min(one.until, other.until)
            if since <= until:
                parts.append(Watched(since, until, max(one.uncertainty, other.uncertainty)))
    return parts


def without(spans: Iterable[Watched], gap: Watched, *, is_open: bool) -> list[Watched]:
    """What is left of the spans. Both ends of a gap were still watched; an open gap has no end."""
    left = []
    for one in spans:
        if one.until <= gap.since or (not is_open and one.since >= gap.until):
            left.append(one)
            continue
        if one.since <= gap.since:
            left.append(_worse(one, one.since, gap.since, gap))
        if not is_open and gap.until <= one.until:
            left.append(_worse(one, gap.until, one.until, gap))
    return left


def _worse(one: Watched, since: datetime, until: datetime, gap: Watched) -> Watched:
    return Watched(since, until, max(one.uncertainty, gap.uncertainty))
