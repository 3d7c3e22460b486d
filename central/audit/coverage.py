"""When each station and bay was watched within a span, as rows; and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from central.custody.models import LedgerWatch
from central.custody.watched_bays import watches_of
from central.fleet.models import Station
from central.timeliness.facts import Bay, Watched

COVERAGE_COLUMNS = ("station_id", "bay", "state", "from", "until", "seconds", "uncertainty_seconds")
WATCHED, UNWATCHED = "watched", "unwatched"


@dataclass(frozen=True)
class Piece:
    """One unbroken span of one bay's watch, or of its want."""

    station: str
    bay: str | None
    """None: nothing is known of this station."""
    state: str
    since: datetime
    until: datetime
    uncertainty_s: float = 0.0

    @property
    def seconds(self) -> float:
        return (self.until - self.since).total_seconds()

    def as_row(self) -> list[object]:
        span = (self.since, self.until, self.seconds)
        return [self.station, self.bay, self.state, *span, self.uncertainty_s]


def coverage(since: datetime, until: datetime) -> list[Piece]:
    """Of every station that was known by the end of the span, from when it was made known."""
    added = dict(Station.objects.filter(added_at__lt=until).order_by("pk").values_list("pk", "added_at"))
    told = {watch.ledger_id: watch for watch in LedgerWatch.objects.filter(ledger__station__in=added)}
    watches = watches_of(list(added), told, since, until)
    found: list[Piece] = []
    for station, added_at in added.items():
        begins = max(since, added_at)
        if station not in watches:
            found.append(Piece(station, None, UNWATCHED, begins, until))
            continue
        for bay in watches[station].bays(()):
            found += pieces(bay, begins, until)
    return found


def pieces(bay: Bay, since: datetime, until: datetime) -> Iterator[Piece]:
    """What was watched and what was not, in order, without overlap: together they are the whole span."""
    at = since
    for span in sorted(bay.watched, key=lambda one: (one.since, one.until)):
        begins, ends = max(span.since, at), min(span.until, until)
        if begins >= ends:
            continue
        if begins > at:
            yield Piece(bay.station, bay.bay, UNWATCHED, at, begins)
        yield Piece(bay.station, bay.bay, WATCHED, begins, ends, _seconds(span))
        at = ends
    if at < until:
        yield Piece(bay.station, bay.bay, UNWATCHED, at, until)


def _seconds(span: Watched) -> float:
    return span.uncertainty / timedelta(seconds=1)


def watched_shares(found: Iterable[Piece]) -> dict[str, float | None]:
    """By station: the share of the span in which its least watched bay was watched; None: no time has passed."""
    bays: dict[tuple[str, str | None], list[float]] = {}
    for one in found:
        both = bays.setdefault((one.station, one.bay), [0.0, 0.0])
        both[0] += one.seconds * (one.state == WATCHED)
        both[1] += one.seconds
    shares: dict[str, float | None] = {}
    for (station, _), (watched, whole) in bays.items():
        share = watched / whole if whole else None
        known = shares.get(station)
        shares[station] = share if known is None or share is None else min(known, share)
    return shares
