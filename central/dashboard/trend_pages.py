"""`/trends/`: returns by week and unit, how soon footage is safe, and what was watched, drawn and as tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.dashboard.drawing.days import ORDER
from central.dashboard.drawing.shapes import Drawing
from central.dashboard.drawing.trends import Point, Strip, columns, ranges, scale_of, shares, strips
from central.dashboard.guards import only
from central.dashboard.roles import READERS
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dashboard.trends import Waited, backlog, by_week, coverage, dock_to_safe
from central.dashboard.units import month_rows
from central.dashboard.words import spelled

WEEKS, DAYS, WATCHED_DAYS, EVERY = 6, 7, 28, timedelta(hours=6)
MINUTES = {60 * number: words for number, words in ((1, "1 min"), (5, "5 min"), (15, "15 min"), (30, "30 min"))}
SPANS = (
    MINUTES
    | {3600 * hours: f"{hours} h" for hours in (1, 2, 4, 8, 12)}
    | {86400 * days: f"{days} d" for days in (1, 2, 4, 7, 14)}
)


@dataclass(frozen=True)
class UnitWeeks:
    """One unit's weeks, drawn and as rows: each week's name and its counts in the order of `ORDER`."""

    unit: str
    drawing: Drawing
    rows: tuple[tuple[str, tuple[int, ...]], ...]


@only(*READERS)
def returns(request: HttpRequest) -> HttpResponse:
    """Of each week, by unit in order of their names: no officer is named or ranked."""
    now, zone = clock.now(), site_zone()
    today = now.astimezone(zone).date()
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(weeks=WEEKS - 1 - number) for number in range(WEEKS)]
    rows = month_rows(Sight.of(request.user), weeks[0], monday + timedelta(weeks=1), zone)
    units = [
        _unit(number, unit, counts, weeks) for number, (unit, counts) in enumerate(by_week(rows, weeks, zone).items())
    ]
    return render(
        request, "dashboard/trends/returns.html", {"units": units, "order": ORDER, "weeks": WEEKS, "here": "trends"}
    )


@only(*READERS)
def footage(request: HttpRequest) -> HttpResponse:
    """How much waits for a receipt, and how long docks take until they are safe."""
    now, zone = clock.now(), site_zone()
    waiting = backlog(now, DAYS, EVERY)
    by_day, by_station = dock_to_safe(now, DAYS, zone)
    most = scale_of([float(count) for _, count in waiting])
    highest = [one.p95.total_seconds() for one in by_day.values() if one.p95 is not None]
    context: dict[str, Any] = {
        "waiting": waiting[::-1],
        "backlog": columns(list(_waiting(waiting)), most, "backlog", f"Files without a receipt over {DAYS} days"),
        "by_day": by_day,
        "by_station": by_station,
        "safe": ranges(list(_days(by_day)), scale_of(highest, SPANS), "safe", f"From dock to safe over {DAYS} days")
        if highest
        else None,
        "days": DAYS,
        "here": "trends-footage",
    }
    return render(request, "dashboard/trends/footage.html", context)


@only(*READERS)
def watching(request: HttpRequest) -> HttpResponse:
    """What each station watched, day by day."""
    dates, stations = coverage(clock.now(), WATCHED_DAYS, site_zone())
    named = [(_short(day) if day.weekday() == 0 else "", f"{day:%a} {_short(day)}") for day in dates]
    rows = [Strip(one.station, one.days) for one in stations]
    says = f"What {len(rows)} stations watched over {WATCHED_DAYS} days; the table says where something was missing"
    context = {
        "drawings": [strips(rows, named, f"watching-{wide}", says, wide=wide) for wide in (True, False)]
        if rows
        else [],
        "stations": [(one.station, one.share, _gaps(one.days, dates)) for one in stations],
        "days": WATCHED_DAYS,
        "here": "trends-watching",
    }
    return render(request, "dashboard/trends/watching.html", context)


def _unit(number: int, unit: str, counts: Sequence[Mapping[str, int]], weeks: Sequence[date]) -> UnitWeeks:
    named = [_short(week) for week in weeks]
    says = f"{unit or 'No unit'}: what is said of its duties by week; the table beside says the same"
    drawing = shares(list(zip(named, counts, strict=True)), f"unit-{number}", says)
    rows = ((name, tuple(one[verdict] for verdict in ORDER)) for name, one in zip(named, counts, strict=True))
    return UnitWeeks(unit, drawing, tuple(row for row in rows if sum(row[1])))


def _waiting(waiting: Sequence[tuple[datetime, int]]) -> Iterator[Point]:
    zone, before = site_zone(), ""
    for number, (at, count) in enumerate(waiting):
        local = at.astimezone(zone)
        day = _short(local.date())
        label = day if day != before and number % 4 == 0 else ""
        before = day
        yield Point(label, f"{local:%a} {day}, {local:%H:%M}: {count} files", float(count))


def _days(by_day: Mapping[date, Waited]) -> Iterator[Point]:
    for number, (day, one) in enumerate(by_day.items()):
        label = _short(day) if number % 2 == 0 else ""
        if one.p50 is None or one.p95 is None:
            yield Point(label, "", None)
        else:
            title = f"{day:%a} {_short(day)}: half within {spelled(one.p50)}, 95 of 100 within {spelled(one.p95)}"
            yield Point(label, title, one.p50.total_seconds(), one.p95.total_seconds())


def _gaps(days: Sequence[float | None], dates: Sequence[date]) -> list[tuple[date, float]]:
    return [(day, share) for day, share in zip(dates, days, strict=True) if share is not None and share < 0.9995]


def _short(day: date) -> str:
    return f"{day:%b} {day.day}"
