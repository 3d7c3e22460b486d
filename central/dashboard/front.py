"""`/`: the fleet at a glance."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Min
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from central import clock
from central.alarms.rows import open_alarms
from central.custody.epochs import store_epoch
from central.custody.models import Asset, Fork, ParkedEvent
from central.dashboard.guards import not_for_you, seers_only
from central.dashboard.live import live_page
from central.dashboard.open_now import camera_rows, outstanding
from central.dashboard.roles import OFFICER, READERS
from central.fleet.liveness import OFFLINE, ONLINE
from central.fleet.models import Heartbeat, Ledger
from central.fleet.overview import StationCondition
from central.fleet.overview import stations as station_conditions
from central.roster.freshness import roster_age

FIRST_CAMERAS = 8


@seers_only
def overview(request: HttpRequest) -> HttpResponse:
    sight, now = request.sight, clock.now()  # type: ignore[attr-defined]
    if not sight.roles & READERS:
        return redirect("mine") if OFFICER in sight.roles else not_for_you(request)
    conditions = station_conditions(settings.CONFIG.stations, now)
    out = outstanding(sight)
    age = roster_age(settings.CONFIG.roster.max_age)
    context = {
        "stations": conditions,
        "troubled": [one for one in conditions if one.state != ONLINE],
        "states": _counted(conditions),
        "online": sum(one.state == ONLINE for one in conditions),
        "any_offline": any(one.state == OFFLINE for one in conditions),
        "cameras_out": out.values("camera").distinct().count(),
        "out": camera_rows(out[: 4 * FIRST_CAMERAS], now)[:FIRST_CAMERAS],
        "oldest": _oldest_unreceipted(),
        "roster": age,
        "roster_age": age.age(now),
        "roster_sentence": age.sentence(now),
        "roster_is_old": age.is_too_old(now),
        "trouble": ledger_trouble(),
        "alarms": open_alarms(now) if sight.sees_everything else None,
        "now": now,
    }
    return live_page(request, "overview", context)


def ledger_trouble() -> dict[str, int]:
    """How many ledgers and files need a look; each has its sentence in `ledger_trouble.html`."""
    return {
        "forks": Fork.objects.count(),
        "parked": ParkedEvent.objects.count(),
        "gaps": Ledger.objects.exclude(gap_until=None).count(),
        "spoke_again": Ledger.objects.exclude(spoke_again_at=None).count(),
        "set_back": Ledger.objects.filter(set_back_epoch=store_epoch()).values("station").distinct().count(),
        "lost": Asset.objects.filter(object=None).exclude(lost_at=None).count(),
    }


def _counted(conditions: list[StationCondition]) -> list[tuple[str, int]]:
    return sorted(Counter(one.state for one in conditions).items())


def _oldest_unreceipted() -> datetime | None:
    told: dict[str, Any] = Heartbeat.objects.aggregate(at=Min("oldest_unreceipted_at"))
    return told["at"]
