"""The pages: what is stored, told plainly. Nothing here changes anything."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.custody.epochs import store_epoch
from central.custody.models import Asset, DockSession, Fork, ParkedEvent
from central.custody.recalling import recall
from central.dashboard.front import ledger_trouble
from central.dashboard.live import live_page
from central.dashboard.roles import readers_only
from central.fleet.liveness import is_dead
from central.fleet.models import Bay, Ledger, Station
from central.fleet.overview import stations as station_conditions

PER_PAGE = 50
STATES = ("FOUND", "STAGED", "UPLOADED", "VERIFIED", "ERASED", "KEPT", "GONE", "QUARANTINED")
TROUBLE_SHOWN = 200


@readers_only
def stations(request: HttpRequest) -> HttpResponse:
    now = clock.now()
    conditions = station_conditions(settings.CONFIG.stations, now)
    counts = dict(Asset.objects.values_list("station").annotate(Count("pk")))
    rows = [{"station": one, "assets": counts.get(one.station_id, 0)} for one in conditions]
    return live_page(request, "stations", {"rows": rows, "trouble": ledger_trouble(), "now": now})


@readers_only
def station(request: HttpRequest, station_id: str) -> HttpResponse:
    found = station_conditions(settings.CONFIG.stations, clock.now(), station_id)
    if not found:
        raise Http404
    ledgers = Ledger.objects.filter(station_id=station_id).order_by("sequence")
    context = {
        "station": found[0],
        "beat": _beat_facts(found[0].heartbeat),
        "bays": sorted(Bay.objects.filter(station_id=station_id), key=_as_people_count),
        "docks": DockSession.objects.filter(station_id=station_id).order_by("-docked_at")[:20],
        "ledgers": ledgers,
        "epoch": store_epoch(),
        "recall": recall(station_id, is_dead=is_dead(found[0].state)),
        "lost": Asset.objects.filter(station_id=station_id, object=None).exclude(lost_at=None).count(),
        "forks": Fork.objects.filter(ledger__in=ledgers).order_by("-pk")[:TROUBLE_SHOWN],
        "parked": ParkedEvent.objects.filter(event__ledger__in=ledgers)
        .select_related("event__ledger")
        .order_by("-pk")[:TROUBLE_SHOWN],
    }
    return render(request, "dashboard/station.html", context)


def _as_people_count(bay: Bay) -> list[tuple[int, str]]:
    """For sorting: Bay 2 before Bay 10."""
    parts = re.split(r"(\d+)", bay.label or bay.bay)
    return [(int(part[:9]), part) if part.isdecimal() else (0, part) for part in parts]


def _beat_facts(heartbeat: Any) -> dict[str, Any]:
    """The heartbeat's own words, for the rows of the page that have no column."""
    return {} if heartbeat is None else msgspec.json.decode(heartbeat.body)


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
