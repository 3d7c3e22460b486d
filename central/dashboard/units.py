"""`/units/`: one month by unit. Counts with their denominators, units by name; no officer is ranked or named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import TextField
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.dashboard.drawing.days import ORDER, Day, stacked
from central.dashboard.drawing.shapes import Drawing
from central.dashboard.guards import only
from central.dashboard.roles import ADMIN, AUDITOR, IT, SUPERVISOR
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.judging.models import Judgement
from central.roster.models import Shift

JUDGED = ("on_time", "late", "outstanding")
Row = tuple[str, str, str, str, str]
"""Unit, camera, duty's start, deadline, verdict. Instants as the database has them, in UTC: a month has thousands."""


@dataclass(frozen=True)
class UnitMonth:
    """One unit's duties whose deadline lay in the month, each counted once."""

    unit: str
    counts: Counter[str]
    days: tuple[Day, ...]
    drawing: Drawing

    @property
    def due(self) -> int:
        """Duties that owed a return by now."""
        return sum(self.counts[name] for name in ORDER)

    @property
    def judged(self) -> int:
        return sum(self.counts[name] for name in JUDGED)

    @property
    def parts(self) -> list[tuple[str, int, str]]:
        """Each verdict with its count and its share: of those judged, or of those due."""
        return [(name, self.counts[name], self._share(name)) for name in ORDER]

    def _share(self, name: str) -> str:
        whole = self.judged if name in JUDGED else self.due
        return f"{100 * self.counts[name] / whole:.1f} % of {whole}" if whole else "no figure"


@only(SUPERVISOR, IT, AUDITOR, ADMIN)
def units(request: HttpRequest) -> HttpResponse:
    sight, zone, now = Sight.of(request.user), site_zone(), clock.now()
    first = _month(request.GET.get("month", ""), now.astimezone(zone).date())
    following = _next(first)
    months = unit_months(month_rows(sight, first, following, zone), first, min(following, _tomorrow(now, zone)), zone)
    context = {
        "months": list(months),
        "first": first,
        "before": _next(first, -1),
        "following": following if following <= now.astimezone(zone).date() else None,
        "now": now,
    }
    return render(request, "dashboard/units.html", context)


def month_rows(sight: Sight, first: date, following: date, zone: ZoneInfo) -> Iterable[Row]:
    since, until = _midnight(first, zone), _midnight(following, zone)
    rows = Judgement.objects.filter(superseded_at=None, deadline_at__gte=since, deadline_at__lt=until)
    rows = rows.exclude(shift__status__in=Shift.NOBODYS)
    if not sight.sees_everything:
        rows = rows.filter(shift__in=sight.shifts())
    rows = rows.annotate(starts=Cast("duty_starts_at", TextField()), due=Cast("deadline_at", TextField()))
    return rows.order_by("shift__ends_at", "pk").values_list("shift__unit", "camera", "starts", "due", "verdict")


def unit_months(rows: Iterable[Row], first: date, end: date, zone: ZoneInfo) -> Iterator[UnitMonth]:
    """By unit, in order of their names. A duty of several shifts counts once, for its last shift's unit."""
    duties = {(camera, starts, deadline): (unit, verdict) for unit, camera, starts, deadline, verdict in rows}
    counts: dict[str, Counter[str]] = {}
    by_day: dict[tuple[str, date], Counter[str]] = {}
    days_of: dict[str, date] = {}
    for (_, _, deadline), (unit, verdict) in duties.items():
        counts.setdefault(unit, Counter())[verdict] += 1
        if deadline not in days_of:
            days_of[deadline] = _local_day(deadline, zone)
        by_day.setdefault((unit, days_of[deadline]), Counter())[verdict] += 1
    for number, unit in enumerate(sorted(counts)):
        days = tuple(Day(day, _drawn(by_day.get((unit, day), Counter()))) for day in _days(first, end))
        says = f"{unit or 'No unit'}: duties by the day of their deadline; the table beside says the same"
        yield UnitMonth(unit, counts[unit], days, stacked(days, f"unit-{number}", says))


def _local_day(instant: str, zone: ZoneInfo) -> date:
    at = datetime.fromisoformat(instant)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone).date()


def _drawn(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in ORDER if counts[name]}


def _days(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first += timedelta(days=1)


def _month(text: str, today: date) -> date:
    found = re.fullmatch(r"(20\d\d)-(0[1-9]|1[0-2])", text)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _next(first: date, by: int = 1) -> date:
    months = first.year * 12 + first.month - 1 + by
    return date(months // 12, months % 12 + 1, 1)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def _tomorrow(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date() + timedelta(days=1)
