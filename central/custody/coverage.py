"""What is known of one camera and of the docks that could have seen it, on our clock, as the lateness rule wants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Q

from central.custody.models import DockSession
from central.custody.spans import in_common, without
from central.custody.station_clocks import UNMEASURED
from central.custody.watch_models import LedgerWatch, OnStationClock, UnwatchedBay, Watch
from central.fleet.models import Heartbeat, Ledger
from central.timeliness import facts
from central.timeliness.facts import Watched

SLACK = timedelta(days=2)
"""Instants in rows are the stations' own: so far beyond the span that is asked for, rows are looked at."""
NEVER: tuple[Watched, ...] = ()


def facts_for(camera: str, stations: Collection[str], since: datetime, until: datetime) -> facts.Facts:
    """All facts about this camera between these instants, without its duties: its docks at every station, and the
    watch of the given stations and of those where it docked.

    A bay that neither held this camera nor was in trouble is watched as its source is: one entry that bears the
    source's name stands for all of these.
    """
    docks = _docks(camera, since, until)
    concerned = sorted({*stations, *(dock.station_id for dock in docks if dock.proves_dock)})
    ledgers = list(Ledger.objects.filter(station_id__in=concerned).order_by("sequence"))
    told = _told(ledgers)
    heard = dict(Heartbeat.objects.filter(station_id__in=concerned).values_list("station_id", "received_at"))
    bays_of = {(dock.station_id, dock.bay, dock.source) for dock in docks if dock.proves_dock}
    return facts.Facts(
        duties=(),
        sessions=tuple(_session(dock) for dock in docks),
        bays=tuple(_bays(concerned, told, bays_of, since, until)),
        stations=tuple(facts.Station(name, _reported(name, ledgers, told), heard.get(name)) for name in concerned),
    )


def _docks(camera: str, since: datetime, until: datetime) -> list[DockSession]:
    """Without those that may be another camera's: two that claim one name, or a name that is not its own."""
    known = DockSession.objects.filter(camera=camera, docked_at__lte=until + SLACK).exclude(identity_unique=False)
    there = known.filter(Q(undocked_at=None) | Q(undocked_at__gte=since - SLACK))
    return list(there.select_related("ledger", "ledger__watch").order_by("docked_at"))


def _told(ledgers: Iterable[Ledger]) -> dict[int, LedgerWatch]:
    return {watch.ledger_id: watch for watch in LedgerWatch.objects.filter(ledger__in=list(ledgers))}


def _reported(station: str, ledgers: Iterable[Ledger], told: dict[int, LedgerWatch]) -> datetime | None:
    known = [told[one.pk] for one in ledgers if one.station_id == station and one.pk in told]
    ends = [
        watch.told_until - timedelta(milliseconds=watch.uncertainty_ms)
        for watch in known
        if watch.told_until is not None
    ]
    return max(ends, default=None)


# --- clocks -------------------------------------------------------------------------------------------


def _begin(row: OnStationClock, instant: datetime) -> tuple[datetime, timedelta]:
    if row.offset_ms is None or row.uncertainty_ms is None:
        return instant, UNMEASURED
    return instant - timedelta(milliseconds=row.offset_ms), timedelta(milliseconds=row.uncertainty_ms)


def _end(row: OnStationClock, instant: datetime) -> tuple[datetime, timedelta]:
    if row.end_offset_ms is None or row.end_uncertainty_ms is None:
        at, uncertainty = _begin(row, instant)
        return at, max(uncertainty, UNMEASURED)
    return instant - timedelta(milliseconds=row.end_offset_ms), timedelta(milliseconds=row.end_uncertainty_ms)


# --- docks --------------------------------------------------------------------------------------------


def _session(dock: DockSession) -> facts.DockSession:
    seen_at, uncertainty = _begin(dock, dock.docked_at)  # never null: the query asks for it
    last_present, absent_at = None, None
    if dock.undocked_at is not None:
        absent_at, at_end = _end(dock, dock.undocked_at)
        last_present = _end(dock, dock.last_present_at)[0] if dock.last_present_at else None
        uncertainty = max(uncertainty, at_end)
    else:
        last_present, absent_at = _cut_short(dock, seen_at)
    return facts.DockSession(
        session=str(dock.session),
        station=dock.station_id,
        bay=dock.bay,
        seen_at=seen_at,
        absent_until=None if dock.absent_until is None else _begin(dock, dock.absent_until)[0],
        last_present_at=None if last_present is None else max(last_present, seen_at),
        absent_at=None if absent_at is None else max(absent_at, seen_at),
        uncertainty=uncertainty,
        proves_dock=dock.proves_dock,
        drained=dock.drained_at is not None,
    )


def _cut_short(dock: DockSession, seen_at: datetime) -> tuple[datetime | None, datetime | None]:
    """The end of a dock whose ledger was lost or whose PC was replaced: between the last proof that the old ledger
    gave and the first look of the one that followed. Nothing for a dock that is still open."""
    ledger = dock.ledger
    if ledger is None:
        return None, None
    later = Ledger.objects.filter(station=dock.station_id, sequence__gt=ledger.sequence)
    first = Watch.objects.filter(ledger__in=later).order_by("ledger__sequence", "from_event").first()
    if first is None:
        return None, None
    watch: LedgerWatch | None = getattr(ledger, "watch", None)
    proof = watch.proven_until if watch is not None else None
    return proof or seen_at, _begin(first, first.watched_from)[0]


# --- bays ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Source:
    """One source of one station, as far as one of its ledgers tells."""

    name: str
    ledger: int
    watched: tuple[Watched, ...]


def _bays(
    stations: Sequence[str],
    told: dict[int, LedgerWatch],
    held: Collection[tuple[str, str, str]],
    since: datetime,
    until: datetime,
) -> Iterable[facts.Bay]:
    rows = Watch.objects.filter(station__in=stations, watched_from__lte=until + SLACK)
    rows = rows.filter(Q(watched_until=None) | Q(watched_until__gte=since - SLACK) | _newest_run(stations, until))
    gaps = UnwatchedBay.objects.filter(station__in=stations, unwatched_from__lte=until + SLACK).filter(
        Q(unwatched_until=None) | Q(unwatched_until__gte=since - SLACK)
    )
    by_station: dict[str, list[UnwatchedBay]] = defaultdict(list)
    for gap in gaps:
        by_station[gap.station_id].append(gap)
    for station, those in groupby(rows.order_by("station", "pk"), key=lambda row: row.station_id):
        bays = {(bay, source) for owner, bay, source in held if owner == station}
        yield from _bays_of(station, list(those), by_station[station], told, bays)


def _newest_run(stations: Collection[str], until: datetime) -> Q:
    """Rows of the run that each station was in last: a source that has long been deaf is a source all the same."""
    wanted = Q(pk__in=[])
    for station in stations:
        begun = Watch.objects.filter(station=station, watched_from__lte=until + SLACK)
        newest = begun.order_by("-ledger__sequence", "-run").first()
        if newest is not None:
            wanted |= Q(ledger=newest.ledger_id, run=newest.run)
    return wanted


def _bays_of(
    station: str,
    rows: Sequence[Watch],
    gaps: Sequence[UnwatchedBay],
    told: dict[int, LedgerWatch],
    held: Collection[tuple[str, str]],
) -> Iterable[facts.Bay]:
    sources = sorted({row.source for row in rows})
    ledgers = sorted({row.ledger_id for row in rows})
    spans = {
        (source, ledger): _watched([row for row in rows if (row.source, row.ledger_id) == (source, ledger)], told)
        for source in sources
        for ledger in ledgers
    }
    for source in sources:
        yield facts.Bay(station, source, tuple(span for ledger in ledgers for span in spans[source, ledger]))
    places = {(gap.bay, gap.source) for gap in gaps if gap.source in sources}
    named = {bay for bay, _ in places} | {bay for bay, _ in held}
    for bay in sorted(named):
        own = {source for name, source in places if name == bay}
        kinds = {kind for name, kind in held if name == bay}
        own |= {source for source in sources if source.partition(":")[0] in kinds}
        watched: list[Watched] = []
        for ledger in ledgers:
            common = _all_of([spans[source, ledger] for source in sorted(own) or sources])
            for gap in gaps:
                if gap.bay == bay and gap.ledger_id == ledger:
                    common = without(common, _gap(gap), is_open=gap.unwatched_until is None)
            watched += common
        yield facts.Bay(station, bay, tuple(watched))


def _all_of(spans: Sequence[Sequence[Watched]]) -> list[Watched]:
    common = list(spans[0])
    for others in spans[1:]:
        common = in_common(common, others)
    return common


def _watched(rows: Iterable[Watch], told: dict[int, LedgerWatch]) -> tuple[Watched, ...]:
    spans = (_span(row, told.get(row.ledger_id)) for row in rows if not row.is_blind)
    return tuple(span for span in spans if span is not None)


def _span(row: Watch, told: LedgerWatch | None) -> Watched | None:
    """None when an event that was not understood stands before its beginning."""
    since, uncertainty = _begin(row, row.watched_from)
    blocked = told.blocked_by if told is not None else None
    if blocked is not None and row.from_event > blocked:
        return None
    is_whole = row.until_event is not None and (blocked is None or row.until_event < blocked)
    if is_whole and row.watched_until is not None:
        until, at_end = _end(row, row.watched_until)
    else:
        until = told.proven_until if told is not None and told.proven_until is not None else since
        at_end = timedelta(milliseconds=told.uncertainty_ms) if told is not None else timedelta()
        if row.watched_until is not None:
            until = min(until, _end(row, row.watched_until)[0])
    return Watched(since, max(since, until), max(uncertainty, at_end))


def _gap(row: UnwatchedBay) -> Watched:
    since, uncertainty = _begin(row, row.unwatched_from)
    if row.unwatched_until is None:
        return Watched(since, since, uncertainty)
    until, at_end = _end(row, row.unwatched_until)
    return Watched(since, max(since, until), max(uncertainty, at_end))
