"""What is known of cameras and of the docks that could have seen them, on our clock, as the lateness rule wants."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from central.custody.models import DockSession
from central.custody.on_our_clock import begin, end
from central.custody.watch_models import LedgerWatch, Watch
from central.custody.watched_bays import SLACK, StationWatch, watches_of
from central.fleet.models import Heartbeat, Ledger
from central.timeliness import facts


@dataclass(frozen=True)
class Known:
    """One camera's facts, and which of its docks are over or new."""

    facts: facts.Facts
    """Without its duties."""
    unfinished: frozenset[str] = frozenset()
    """Sessions whose end, or whose watch up to it, is still to be told."""
    changed: tuple[DockSession, ...] = ()
    """Docks of which there is news above the serial that was asked about, also such as prove nothing any more."""


def facts_for(camera: str, stations: Collection[str], since: datetime, until: datetime) -> facts.Facts:
    """All facts about this camera between these instants, without its duties: its docks at every station, and the
    watch of the given stations and of those where it docked.

    A bay that neither held this camera nor was in trouble is watched as its source is: one entry that bears the
    source's name stands for all of these.
    """
    return known_of({camera: stations}, {}, since, until)[camera].facts


def known_of(
    cameras: Mapping[str, Collection[str]], read: Mapping[str, int], since: datetime, until: datetime
) -> dict[str, Known]:
    """The same for many cameras in a few questions, and what is new of their docks above the serial `read`."""
    docks = _docks(cameras, since, until)
    wanted = {camera: _concerned(stations, docks[camera]) for camera, stations in cameras.items()}
    world = _world({name for names in wanted.values() for name in names}, docks.values(), since, until)
    return {camera: _known(wanted[camera], docks[camera], read.get(camera, 0), world) for camera in cameras}


def begins_after(dock: DockSession) -> datetime | None:
    """The earliest instant of which this dock can say anything; None: any."""
    if dock.absent_until is None:
        return None
    at, uncertainty = begin(dock, dock.absent_until)
    at_end = end(dock, dock.undocked_at)[1] if dock.undocked_at is not None else timedelta()
    return at - max(uncertainty, at_end)


@dataclass(frozen=True)
class _World:
    """What stations told, for all cameras that are asked about at once."""

    ledgers: Mapping[int, Ledger]
    told: Mapping[int, LedgerWatch]
    stations: Mapping[str, facts.Station]
    watches: Mapping[str, StationWatch]


def _docks(cameras: Collection[str], since: datetime, until: datetime) -> dict[str, list[DockSession]]:
    rows = DockSession.objects.filter(camera__in=list(cameras), docked_at__lte=until + SLACK)
    found: dict[str, list[DockSession]] = {camera: [] for camera in cameras}
    for dock in rows.filter(Q(undocked_at=None) | Q(undocked_at__gte=since - SLACK)).order_by("docked_at", "session"):
        found[dock.camera].append(dock)
    return found


def _is_its_own(dock: DockSession) -> bool:
    """Not of two cameras that claim one name, nor under a name that is not its own."""
    return dock.identity_unique is not False


def _concerned(stations: Collection[str], docks: Iterable[DockSession]) -> list[str]:
    return sorted({*stations, *(dock.station_id for dock in docks if dock.proves_dock and _is_its_own(dock))})


def _world(
    stations: Collection[str], docks: Iterable[Sequence[DockSession]], since: datetime, until: datetime
) -> _World:
    spoken = {*stations, *(dock.station_id for own in docks for dock in own)}
    ledgers = list(Ledger.objects.filter(station_id__in=spoken).order_by("sequence"))
    told = {watch.ledger_id: watch for watch in LedgerWatch.objects.filter(ledger__station__in=spoken)}
    heard = dict(Heartbeat.objects.filter(station_id__in=stations).values_list("station_id", "received_at"))
    return _World(
        {one.pk: one for one in ledgers},
        told,
        {name: facts.Station(name, _reported(name, ledgers, told), heard.get(name)) for name in stations},
        watches_of(stations, told, since, until),
    )


def _reported(station: str, ledgers: Iterable[Ledger], told: Mapping[int, LedgerWatch]) -> datetime | None:
    known = [told[one.pk] for one in ledgers if one.station_id == station and one.pk in told]
    ends = [
        watch.told_until - timedelta(milliseconds=watch.uncertainty_ms)
        for watch in known
        if watch.told_until is not None
    ]
    return max(ends, default=None)


def _known(stations: Sequence[str], docks: Sequence[DockSession], read: int, world: _World) -> Known:
    own = [dock for dock in docks if _is_its_own(dock)]
    held: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for dock in own:
        if dock.proves_dock:
            held[dock.station_id].add((dock.bay, dock.source))
    there = [world.watches[name] for name in stations if name in world.watches]
    return Known(
        facts.Facts(
            duties=(),
            sessions=tuple(_session(dock, world) for dock in own),
            bays=tuple(bay for watch in there for bay in watch.bays(held[watch.station])),
            stations=tuple(world.stations[name] for name in stations),
        ),
        frozenset(_unfinished(own, world)),
        tuple(dock for dock in docks if dock.news_serial > read),
    )


def _unfinished(docks: Iterable[DockSession], world: _World) -> Iterator[str]:
    """Files in a drop folder have no end that could still be told."""
    for dock in docks:
        told = world.told.get(dock.ledger_id) if dock.ledger_id is not None else None
        proven = told.proven_until if told is not None else None
        over = dock.undocked_at is not None and proven is not None and proven >= end(dock, dock.undocked_at)[0]
        if dock.proves_dock and not over:
            yield str(dock.session)


def _session(dock: DockSession, world: _World) -> facts.DockSession:
    assert dock.docked_at is not None  # noqa: S101 - the query asks for it
    seen_at, uncertainty = begin(dock, dock.docked_at)
    last_present, absent_at = None, None
    if dock.undocked_at is not None:
        absent_at, at_end = end(dock, dock.undocked_at)
        last_present = end(dock, dock.last_present_at)[0] if dock.last_present_at else None
        uncertainty = max(uncertainty, at_end)
    else:
        last_present, absent_at = _cut_short(dock, seen_at, world)
    return facts.DockSession(
        session=str(dock.session),
        station=dock.station_id,
        bay=dock.bay,
        seen_at=seen_at,
        absent_until=None if dock.absent_until is None else begin(dock, dock.absent_until)[0],
        last_present_at=None if last_present is None else max(last_present, seen_at),
        absent_at=None if absent_at is None else max(absent_at, seen_at),
        uncertainty=uncertainty,
        proves_dock=dock.proves_dock,
        drained=dock.drained_at is not None,
    )


def _cut_short(dock: DockSession, seen_at: datetime, world: _World) -> tuple[datetime | None, datetime | None]:
    """The end of a dock whose ledger was lost or whose PC was replaced: between the last proof that the old ledger
    gave and the first look of the one that followed. Nothing for a dock that is still open."""
    if dock.ledger_id is None:
        return None, None
    later = [one for one in world.ledgers.values() if one.station_id == dock.station_id and one.pk > dock.ledger_id]
    if not later:
        return None, None
    first = Watch.objects.filter(ledger__in=later).order_by("ledger__sequence", "from_event").first()
    if first is None:
        return None, None
    watch = world.told.get(dock.ledger_id)
    proof = watch.proven_until if watch is not None else None
    return proof or seen_at, begin(first, first.watched_from)[0]
