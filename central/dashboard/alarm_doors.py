"""The door through which IT asks not to be told of an alarm for a while."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST

from central import clock
from central.alarms.silences import NotSilenced, Wish, silence
from central.dashboard.guards import only
from central.dashboard.roles import ADMIN, IT
from central.instants import parse_instant

LONGEST = timedelta(days=366)
PAGE = "/alarms/"


@require_POST
@only(IT, ADMIN)
def silence_alarm(request: HttpRequest, number: int) -> HttpResponse:
    """`until` is an instant, local to the site if it has no offset, or `hours` a span; `reason` says why."""
    now = clock.now()
    try:
        until = _until(request.POST.get("until", ""), request.POST.get("hours", ""), now)
        silence(number, Wish(until, request.POST.get("reason", ""), request.user.get_username()), now)
    except (NotSilenced, ValueError) as refused:
        return HttpResponse(
            f"Nothing was changed: {refused}.\n", status=400, content_type="text/plain; charset=utf-8"
        )
    return HttpResponseRedirect(PAGE)


def _until(instant: str, hours: str, now: datetime) -> datetime:
    """When it ends.

    Raises:
        ValueError: nothing sensible is said.
    """
    if hours.strip():
        until = now + timedelta(hours=int(hours)) if hours.strip().isdecimal() and len(hours) < 6 else None
    else:
        until = parse_instant(instant, ZoneInfo(settings.CONFIG.web.time_zone))
    if until is None or until > now + LONGEST:
        raise ValueError("a silence lasts a year at most")
    return until
