"""`/search`: one box for cameras, officers, shifts, stations and files."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from central.dashboard.finding import Found, find, shift_hit, straight_to
from central.dashboard.guards import seers_only
from central.dashboard.sight import Sight
from central.roster.models import Officer

LONGEST = 200
SHIFTS_SHOWN = 50


@seers_only
def search(request: HttpRequest) -> HttpResponse:
    """What is found, by kind. Who asks for something by its whole name is led straight to it."""
    sight: Sight = request.sight  # type: ignore[attr-defined]
    asked = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    officer = request.GET.get("officer", "").replace("\0", "").strip()[:LONGEST]
    if officer:
        return render(request, "dashboard/search.html", _shifts_of(officer, sight))
    found = find(asked, sight) if asked else []
    address = straight_to(found)
    if address:
        return redirect(address)
    return render(request, "dashboard/search.html", {"asked": asked, "found": found})


def _shifts_of(officer: str, sight: Sight) -> dict[str, Any]:
    """An officer has no page: his shifts have."""
    rows = sight.shifts().filter(officer=officer).select_related("officer").order_by("-starts_at", "pk")
    hits = [shift_hit(row) for row in rows[: SHIFTS_SHOWN + 1]]
    who = Officer.objects.filter(pk=officer).first() if hits else None
    found = [Found("Shifts, the latest first", tuple(hits[:SHIFTS_SHOWN]), len(hits) > SHIFTS_SHOWN)] if hits else []
    return {"asked": "", "officer": who or officer, "found": found}
