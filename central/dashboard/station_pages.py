"""`/stations/ID`: one station's bays, what it watched, what it says of itself. `/stations/ID/events`: all it told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.alarms.models import Alarm
from central.custody.epochs import store_epoch
from central.custody.models import Asset, CustodyEvent, DockSession, Fork, ParkedEvent
from central.custody.recalling import recall
from central.dashboard.drawing.bays import draw_bays
from central.dashboard.live import live_page
from central.dashboard.roles import readers_only
from central.dashboard.station_story import as_people_count, bay_story
from central.dashboard.surroundings import site_zone
from central.fleet.liveness import is_dead
from central.fleet.models import Bay, Heartbeat, Ledger
from central.fleet.overview import StationCondition
from central.fleet.overview import stations as station_conditions

TROUBLE_SHOWN = 200
EVENTS_BESIDE, EVENTS_PER_PAGE = 12, 100
DAYS = (2, 7)
"""So many days the timeline may show."""
TELLING = ("camera", "bay_label", "bay", "path", "reason", "detail", "files", "shift_id", "state")
"""Fields of events that say something to people, in this order."""


@dataclass(frozen=True)
class Told:
    """One event, and in a few words what it is about."""

    event: CustodyEvent
    words: str


@readers_only
def station(request: HttpRequest, station_id: str) -> HttpResponse:
    condition, now = _condition(station_id), clock.now()
    days = next((one for one in DAYS if str(one) == request.GET.get("days")), DAYS[0])
    story = bay_story(station_id, now, timedelta(days=days))
    ledgers = Ledger.objects.filter(station_id=station_id).order_by("sequence")
    context = {
        "station": condition,
        "beat": _beat_facts(condition.heartbeat),
        "bays": sorted(
            Bay.objects.filter(station_id=station_id), key=lambda bay: as_people_count(bay.label or bay.bay)
        ),
        "alarms": Alarm.objects.filter(station=station_id, ended_at=None).order_by("since", "number"),
        "story": story,
        "drawings": () if story is None else draw_bays(story, site_zone()),
        "days": days,
        "spans": DAYS,
        "events": list(_events(ledgers, None, EVENTS_BESIDE)),
        "docks": DockSession.objects.filter(station_id=station_id).order_by("-docked_at")[:10],
        "ledgers": ledgers,
        "epoch": store_epoch(),
        "recall": recall(station_id, is_dead=is_dead(condition.state)),
        "lost": Asset.objects.filter(station_id=station_id, object=None).exclude(lost_at=None).count(),
        "forks": Fork.objects.filter(ledger__in=ledgers).select_related("ledger").order_by("-pk")[:TROUBLE_SHOWN],
        "parked": ParkedEvent.objects.filter(event__ledger__in=ledgers)
        .select_related("event__ledger")
        .order_by("-pk")[:TROUBLE_SHOWN],
        "now": now,
    }
    return live_page(request, "station", context)


@readers_only
def station_events(request: HttpRequest, station_id: str) -> HttpResponse:
    """Everything that the station told, the latest first. `before`: `LEDGER.NUMBER` of the last one shown."""
    condition = _condition(station_id)
    ledgers = Ledger.objects.filter(station_id=station_id)
    told = list(_events(ledgers, _place(request.GET.get("before", "")), EVENTS_PER_PAGE + 1))
    context = {"station": condition, "events": told[:EVENTS_PER_PAGE], "is_first": not request.GET.get("before")}
    if len(told) > EVENTS_PER_PAGE:
        last = told[EVENTS_PER_PAGE - 1].event
        context["older"] = f"{last.ledger_id}.{last.number}"
    return render(request, "dashboard/station_events.html", context)


def _condition(station_id: str) -> StationCondition:
    found = station_conditions(settings.CONFIG.stations, clock.now(), station_id)
    if not found:
        raise Http404
    return found[0]


def _place(text: str) -> tuple[int, int] | None:
    ledger, _, number = text.partition(".")
    good = ledger.isdecimal() and number.isdecimal() and len(text) < 38
    return (int(ledger), int(number)) if good else None


def _events(ledgers: Any, before: tuple[int, int] | None, most: int) -> Iterator[Told]:
    """The newest ledger's last event first; each ledger is read along its numbers."""
    for ledger in ledgers.order_by("-sequence"):
        if before is not None and ledger.pk > before[0]:
            continue
        rows = CustodyEvent.objects.filter(ledger=ledger).select_related("ledger").order_by("-number")
        if before is not None and ledger.pk == before[0]:
            rows = rows.filter(number__lt=min(before[1], 2**63 - 1))
        found = list(rows[:most])
        yield from (Told(one, _words(one.body)) for one in found)
        most -= len(found)
        if most <= 0:
            return


def _words(body: str) -> str:
    """What an event is about: the camera, the bay, the file, the reason, as far as it says."""
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return ""
    if not isinstance(said, Mapping):
        return ""
    parts = [str(said[name]) for name in TELLING if said.get(name) not in (None, "", [])]
    return " · ".join(dict.fromkeys(parts))[:300]


def _beat_facts(heartbeat: Heartbeat | None) -> dict[str, Any]:
    """The heartbeat's own words, for the rows of the page that have no column."""
    if heartbeat is None:
        return {}
    told: dict[str, Any] = msgspec.json.decode(heartbeat.body)
    free, total = told.get("disk_free") or 0, told.get("disk_total") or 0
    loops = sorted((told.get("loop_ages_s") or {}).items(), key=lambda loop: -loop[1])
    return {**told, "disk_used": max(0, total - free), "loops": loops}
