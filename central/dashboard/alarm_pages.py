"""`/alarms/`: what IT should know of, the gravest first, and what was over lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.alarms.kinds import Kind
from central.alarms.models import Alarm, Silence
from central.alarms.silences import silences
from central.dashboard.guards import may_decide, only
from central.dashboard.roles import ADMIN, AUDITOR, IT

PER_PAGE = 50
GRAVITY = {kind.value: place for place, kind in enumerate(Kind)}


@dataclass(frozen=True)
class OpenAlarm:
    row: Alarm
    silence: Silence | None

    @property
    def sentence(self) -> str:
        return self.row.sentence


@only(IT, AUDITOR, ADMIN)
def alarms(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    over = Alarm.objects.exclude(ended_at=None).order_by("-ended_at", "-pk")
    context = {
        "open": open_alarms(now),
        "page": Paginator(over, PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "may_decide": may_decide(request),
        "now": now,
    }
    return render(request, "dashboard/alarms.html", context)


def open_alarms(now: datetime) -> list[OpenAlarm]:
    """All that are open, the gravest kind first, of one kind the oldest first."""
    silent = silences(now)
    rows = Alarm.objects.filter(ended_at=None).order_by("since", "pk")
    found = [OpenAlarm(row, silent.get((row.kind, row.subject))) for row in rows]
    return sorted(found, key=lambda one: GRAVITY.get(one.row.kind, len(GRAVITY)))
