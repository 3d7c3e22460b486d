"""What the plots of `/trends/` rest on, as values. Each question reads some weeks and goes through an index."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Q, TextField
from django.db.models.functions import Cast, Substr

from central.administration.exports import UNRECEIPTED
from central.custody.models import Asset, DockSession, LedgerWatch
from central.custody.watched_bays import watches_of
from central.dashboard.units import Row
from central.fleet.models import Station
from central.timeliness.watching import watch_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
RECENT = timedelta(minutes=5)
"""What happened since may not be told yet: it is no gap."""


@dataclass(frozen=True)
class Waited:
    """How long docks took until their last file had its receipt."""

    docks: int
    """That are safe."""
    p50: timedelta | None
    p95: timedelta | None
    not_safe: int
    """That are not yet, or hold a file that never will be."""


@dataclass(frozen=True)
class Covered:
    """One station: of each day the share in which every source was watched; None before it was there."""

    station: str
    days: tuple[float | None, ...]

    @property
    def share(self) -> float | None:
        known = [one for one in self.days if one is not None]
        return sum(known) / len(known) if known else None


def backlog(now: datetime, days: int, every: timedelta) -> list[tuple[datetime, int]]:
    """Files without a receipt, at every so many hours: reckoned back from those that have none now."""
    since = (now - days * DAY).replace(minute=0, second=0, microsecond=0)
    found = _by_hour("found_at", since)
    settled = _by_hour("verified_at", since) + _by_hour("gone_at", since, verified_at=None)
    waiting = Asset.objects.filter(state__in=UNRECEIPTED).count()
    told, at = [(now, waiting)], now.replace(minute=0, second=0, microsecond=0)
    while at > since:
        waiting += settled[at] - found[at]
        if (at - since) % every == timedelta():
            told.append((at, max(0, waiting)))
        at -= HOUR
    return told[::-1]


def _by_hour(column: str, since: datetime, **only: None) -> Counter[datetime]:
    """Counted by the text of the instant, in UTC: the database's own functions for hours are many times slower."""
    rows = Asset.objects.filter(**{f"{column}__gte": since}, **only)
    hours = rows.annotate(hour=Substr(Cast(column, TextField()), 1, 13)).values_list("hour")
    counted = hours.annotate(Count("pk")).order_by()
    return Counter({datetime.fromisoformat(f"{hour}:00:00+00:00"): count for hour, count in counted})


def dock_to_safe(now: datetime, days: int, zone: ZoneInfo) -> tuple[dict[date, Waited], dict[str, Waited]]:
    """By the day of the dock, and by station."""
    since = now - days * DAY
    docks = DockSession.objects.filter(docked_at__gte=since, docked_at__lte=now, proves_dock=True)
    files = Asset.objects.filter(session__in=docks.values("session")).values("session").order_by()
    safe = files.annotate(last=Max("verified_at"), open=Count("pk", filter=Q(verified_at=None)))
    known = {one["session"]: None if one["open"] else one["last"] for one in safe}
    by_day: dict[date, list[timedelta | None]] = defaultdict(list)
    by_station: dict[str, list[timedelta | None]] = defaultdict(list)
    for session, station, docked_at in docks.values_list("session", "station_id", "docked_at"):
        if session in known:  # a card without files has nothing to wait for
            last = known[session]
            took = None if last is None else max(timedelta(), last - docked_at)
            by_day[docked_at.astimezone(zone).date()].append(took)
            by_station[station].append(took)
    return {day: waited(by_day[day]) for day in sorted(by_day)}, {
        name: waited(by_station[name]) for name in sorted(by_station)
    }


def waited(took: Sequence[timedelta | None]) -> Waited:
    """None among them: not safe yet."""
    known = sorted(one for one in took if one is not None)
    if not known:
        return Waited(0, None, None, len(took))
    return Waited(len(known), _quantile(known, 50), _quantile(known, 95), len(took) - len(known))


def _quantile(known: Sequence[timedelta], percent: int) -> timedelta:
    """The least that is not exceeded by so many percent."""
    return known[max(0, -(-len(known) * percent // 100) - 1)]


def coverage(now: datetime, days: int, zone: ZoneInfo) -> tuple[list[date], list[Covered]]:
    """The days, and each station's."""
    today = now.astimezone(zone).date()
    dates = [today - (days - 1 - number) * DAY for number in range(days)]
    edges = [datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in dates]
    edges.append(max(edges[-1], now - RECENT))
    added = dict(Station.objects.order_by("pk").values_list("pk", "added_at"))
    told = {watch.ledger_id: watch for watch in LedgerWatch.objects.filter(ledger__station__in=added)}
    watches = watches_of(list(added), told, edges[0], now)
    found = []
    for station, added_at in added.items():
        sources = [watch_of(bay).certain for bay in watches[station].sources.values()] if station in watches else []
        spans = pairwise(edges)
        shares = tuple(
            None if until <= added_at else _share(sources, max(since, added_at), until) for since, until in spans
        )
        found.append(Covered(station, shares))
    return dates, found


def _share(sources: Iterable[Sequence[tuple[datetime, datetime]]], since: datetime, until: datetime) -> float:
    """Of the source that was watched least."""
    whole = until - since
    if whole <= timedelta():
        return 1.0
    return min(
        (sum((_within(one, since, until) for one in spans), timedelta()) / whole for spans in sources), default=0.0
    )


def _within(span: tuple[datetime, datetime], since: datetime, until: datetime) -> timedelta:
    return max(timedelta(), min(span[1], until) - max(span[0], since))


def by_week(rows: Iterable[Row], weeks: Sequence[date], zone: ZoneInfo) -> Mapping[str, list[Counter[str]]]:
    """For each unit, of each week that begins on these Mondays: duties by what is said. A duty of several shifts
    counts once, for its last shift's unit."""
    duties = {(camera, starts, deadline): (unit, verdict) for unit, camera, starts, deadline, verdict in rows}
    week_of: dict[str, int | None] = {}
    found: dict[str, list[Counter[str]]] = {}
    for (_, _, deadline), (unit, verdict) in duties.items():
        hour = deadline[:13]
        if hour not in week_of:
            at = datetime.fromisoformat(f"{hour}:00:00+00:00").astimezone(zone).date()
            number = (at - weeks[0]).days // 7
            week_of[hour] = number if 0 <= number < len(weeks) else None
        place = week_of[hour]
        if place is not None:
            found.setdefault(unit, [Counter() for _ in weeks])[place][verdict] += 1
    return {unit: found[unit] for unit in sorted(found)}
