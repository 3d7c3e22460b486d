"""`/alarms/`: what IT should know of, the gravest first, and what was over lately."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.alarms.rows import ended_alarms, open_alarms
from central.dashboard.guards import may_decide, only
from central.dashboard.roles import ADMIN, AUDITOR, IT

PER_PAGE = 50


@only(IT, AUDITOR, ADMIN)
def alarms(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    context = {
        "open": open_alarms(now),
        "page": Paginator(ended_alarms(), PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "may_decide": may_decide(request),
        "now": now,
    }
    return render(request, "dashboard/alarms.html", context)
