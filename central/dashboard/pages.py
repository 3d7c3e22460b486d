"""The pages: what is stored, told plainly. Nothing here changes anything."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.custody.models import Asset, DockSession
from central.dashboard.front import ledger_trouble
from central.dashboard.live import live_page
from central.dashboard.roles import readers_only
from central.fleet.models import Station
from central.fleet.overview import stations as station_conditions

PER_PAGE = 50
STATES = ("FOUND", "STAGED", "UPLOADED", "VERIFIED", "ERASED", "KEPT", "GONE", "QUARANTINED")


@readers_only
def stations(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    conditions = station_conditions(settings.CONFIG.stations, now)
    counts = dict(Asset.objects.values_list("station").annotate(Count("pk")))
    rows = [{"station": one, "assets": counts.get(one.station_id, 0)} for one in conditions]
    return live_page(request, "stations", {"rows": rows, "trouble": ledger_trouble(), "now": now})


@readers_only
def docks(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request, "camera", "station")
    rows = _filtered(DockSession.objects.order_by("-docked_at", "session"), wanted)
    return render(request, "dashboard/docks.html", _paged(request, rows, wanted))


@readers_only
def assets(request: HttpRequest) -> HttpResponse:
    wanted = _wanted(request, "camera", "station", "state")
    rows = _filtered(Asset.objects.order_by("-first_heard_at", "asset_id"), wanted)
    return render(request, "dashboard/assets.html", {**_paged(request, rows, wanted), "states": STATES})


def _wanted(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.GET.get(name, "").strip()[:255] for name in names}


def _filtered(rows: QuerySet[Any], wanted: dict[str, str]) -> QuerySet[Any]:
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def _paged(request: HttpRequest, rows: QuerySet[Any], wanted: dict[str, str]) -> dict[str, Any]:
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = urlencode({name: value for name, value in wanted.items() if value})
    known = Station.objects.order_by("pk").values_list("pk", flat=True)
    return {"page": page, "wanted": wanted, "query": query, "stations": known}
