"""When the bays of stations were watched, as far as their rows tell: on our clock, for the lateness rule."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Max, Q

from central.custody.on_our_clock import begin, end
from central.custody.spans import in_common, without
from central.custody.watch_models import LedgerWatch, UnwatchedBay, Watch
from central.timeliness import facts
from central.timeliness.facts import Watched

SLACK = timedelta(days=2)
"""Instants in rows are the stations' own: so far beyond the span that is asked for, rows are looked at."""

Held = Collection[tuple[str, str]]
"""Bays that held the camera, each with the kind of its source."""


@dataclass(frozen=True)
class StationWatch:
    """What one station's rows tell. Its sources' bays are the same for every camera."""

    station: str
    sources: Mapping[str, facts.Bay]
    """An entry that bears the source's name stands for all its bays that are not named."""
    spans: Mapping[tuple[str, int], tuple[Watched, ...]]
    """By source and ledger."""
    ledgers: Sequence[int]
    gaps: Sequence[UnwatchedBay]

    def bays(self, held: Held) -> Iterator[facts.Bay]:
        """Every source, and every bay that held this camera or was in trouble."""
        yield from self.sources.values()
        places = {(gap.bay, gap.source) for gap in self.gaps if gap.source in self.sources}
        for bay in sorted({bay for bay, _ in places} | {bay for bay, _ in held}):
            own = {source for name, source in places if name == bay}
            kinds = {kind for name, kind in held if name == bay}
            own |= {source for source in self.sources if source.partition(":")[0] in kinds}
            yield facts.Bay(self.station, bay, tuple(self._watched(bay, sorted(own) or list(self.sources))))

    def _watched(self, bay: str, sources: Sequence[str]) -> Iterator[Watched]:
        for ledger in self.ledgers:
            common = _all_of([self.spans[source, ledger] for source in sources])
            for gap in self.gaps:
                if gap.bay == bay and gap.ledger_id == ledger:
                    common = without(common, _gap(gap), is_open=gap.unwatched_until is None)
            yield from common


def watches_of(
    stations: Collection[str], told: Mapping[int, LedgerWatch], since: datetime, until: datetime
) -> dict[str, StationWatch]:
    """What was watched between these instants, and by each station's newest run whenever that was: a source that has
    long been deaf is a source all the same."""
    begun = Watch.objects.filter(station__in=stations, watched_from__lte=until + SLACK)
    rows = list(begun.filter(Q(watched_until=None) | Q(watched_until__gte=since - SLACK)))
    rows += _long_deaf(stations, since, until)
    rows.sort(key=lambda row: (row.station_id, row.pk))
    gaps = _gaps(stations, since, until)
    return {
        station: _station_watch(station, list(own), gaps.get(station, []), told)
        for station, own in groupby(rows, key=lambda row: row.station_id)
    }


def _long_deaf(stations: Collection[str], since: datetime, until: datetime) -> list[Watch]:
    begun = Watch.objects.filter(station__in=stations, watched_from__lte=until + SLACK)
    newest: dict[str, tuple[int, int]] = {}
    for station, *run in begun.values_list("station", "ledger_id").annotate(Max("run")).order_by():
        newest[station] = max(newest.get(station, (0, 0)), (run[0], run[1]))
    ended = begun.filter(watched_until__lt=since - SLACK)
    ended = ended.filter(ledger__in={run[0] for run in newest.values()}, run__in={run[1] for run in newest.values()})
    return [row for row in ended if newest[row.station_id] == (row.ledger_id, row.run)]


def _gaps(stations: Collection[str], since: datetime, until: datetime) -> dict[str, list[UnwatchedBay]]:
    rows = UnwatchedBay.objects.filter(station__in=stations, unwatched_from__lte=until + SLACK)
    found: dict[str, list[UnwatchedBay]] = defaultdict(list)
    for row in rows.filter(Q(unwatched_until=None) | Q(unwatched_until__gte=since - SLACK)).order_by("pk"):
        found[row.station_id].append(row)
    return found


def _station_watch(
    station: str, rows: Sequence[Watch], gaps: Sequence[UnwatchedBay], told: Mapping[int, LedgerWatch]
) -> StationWatch:
    sources, ledgers = sorted({row.source for row in rows}), sorted({row.ledger_id for row in rows})
    by_place: dict[tuple[str, int], list[Watch]] = defaultdict(list)
    for row in rows:
        by_place[row.source, row.ledger_id].append(row)
    spans = {
        (source, ledger): _watched(by_place[source, ledger], told.get(ledger))
        for source in sources
        for ledger in ledgers
    }
    whole = {
        source: facts.Bay(station, source, tuple(span for ledger in ledgers for span in spans[source, ledger]))
        for source in sources
    }
    return StationWatch(station, whole, spans, ledgers, gaps)


def _all_of(spans: Sequence[Sequence[Watched]]) -> list[Watched]:
    common = list(spans[0])
    for others in spans[1:]:
        common = in_common(common, others)
    return common


def _watched(rows: Iterable[Watch], told: LedgerWatch | None) -> tuple[Watched, ...]:
    spans = (_span(row, told) for row in rows if not row.is_blind)
    return tuple(span for span in spans if span is not None)


def _span(row: Watch, told: LedgerWatch | None) -> Watched | None:
    """None when an event that was not understood stands before its beginning."""
    since, uncertainty = begin(row, row.watched_from)
    blocked = told.blocked_by if told is not None else None
    if blocked is not None and row.from_event > blocked:
        return None
    is_whole = row.until_event is not None and (blocked is None or row.until_event < blocked)
    if is_whole and row.watched_until is not None:
        until, at_end = end(row, row.watched_until)
    else:
        until = told.proven_until if told is not None and told.proven_until is not None else since
        at_end = timedelta(milliseconds=told.uncertainty_ms) if told is not None else timedelta()
        if row.watched_until is not None:
            until = min(until, end(row, row.watched_until)[0])
    return Watched(since, max(since, until), max(uncertainty, at_end))


def _gap(row: UnwatchedBay) -> Watched:
    since, uncertainty = begin(row, row.unwatched_from)
    if row.unwatched_until is None:
        return Watched(since, since, uncertainty)
    until, at_end = end(row, row.unwatched_until)
    return Watched(since, max(since, until), max(uncertainty, at_end))
