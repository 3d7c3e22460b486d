"""When a bay was watched, for certain and on central's clock, and where that leaves gaps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.timeliness.facts import Bay, Watched
from central.timeliness.instants import FAR_FUTURE, FAR_PAST, later, sooner

Span = tuple[datetime, datetime]
"""Two instants. Of a watch both belong to it; of a gap neither does, for both were still watched."""


@dataclass(frozen=True)
class Watch:
    """When one bay was watched."""

    told: tuple[Watched, ...]
    """Unbroken spans on the station's clock, the one that its sessions are told on."""
    certain: tuple[Span, ...]
    """The same whatever that clock is worth: each narrowed by its uncertainty at both ends, if anything is left."""


NEVER = Watch((), ())


def watch_of(bay: Bay) -> Watch:
    told = tuple(_joined(bay.watched))
    narrowed = [(later(one.since, one.uncertainty), sooner(one.until, one.uncertainty)) for one in told]
    return Watch(told, tuple((since, until) for since, until in narrowed if since <= until))


def gaps(spans: Sequence[Span], since: datetime, until: datetime) -> list[Span]:
    """Every unwatched gap that reaches into `[since, until]`, whole: from the last watched instant to the next."""
    edges = [FAR_PAST, *(edge for span in spans for edge in span), FAR_FUTURE]
    between = zip(edges[0::2], edges[1::2], strict=True)
    return [(last, first) for last, first in between if last < until and first > since]


def length(unwatched: Iterable[Span]) -> timedelta:
    return sum((until - since for since, until in unwatched), timedelta())


def _joined(watched: Iterable[Watched]) -> list[Watched]:
    """Spans that touch are one, so that only its two ends are narrowed, by the worst clock in it."""
    joined: list[Watched] = []
    for one in sorted(watched, key=lambda span: span.since):
        if joined and one.since <= joined[-1].until:
            last = joined[-1]
            joined[-1] = Watched(last.since, max(last.until, one.until), max(last.uncertainty, one.uncertainty))
        else:
            joined.append(one)
    return joined
