"""`/roster/`: how old the roster is, what came in, and what waits for a person's word."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from central import clock
from central.alarms.kinds import Kind
from central.alarms.models import Alarm
from central.dashboard.guards import may_decide, only
from central.dashboard.roles import ADMIN, AUDITOR, IT, SUPERVISOR
from central.judging.rosters import confirm_roster, counted
from central.judging.without_shift import COLUMNS, without_shift
from central.roster.freshness import roster_age
from central.roster.importing import discard
from central.roster.models import RosterImport

PER_PAGE = 25
MOST_SHOWN = 200


@only(IT, ADMIN, AUDITOR, SUPERVISOR)
def roster(request: HttpRequest) -> HttpResponse:
    return render(request, "dashboard/roster.html", _context(request))


@require_POST
@only(IT, ADMIN)
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Apply an import that waits; all that is wrong with it is shown, and then nothing was imported."""
    outcome = confirm_roster(number, request.user.get_username(), clock.now())
    if outcome is None:
        return _said(request, _decided(number), status=409)
    if outcome.errors:
        return _said(request, f"Import {number} was not applied.", [str(one) for one in outcome.errors], status=409)
    return _said(request, f"Import {number} was applied. {counted(outcome, dry_run=False)}.", list(outcome.warnings))


@require_POST
@only(IT, ADMIN)
def drop(request: HttpRequest, number: int) -> HttpResponse:
    if not discard(number, request.user.get_username(), clock.now()):
        return _said(request, _decided(number), status=409)
    return _said(request, f"Import {number} was discarded; the roster is as it was.")


def _decided(number: int) -> str:
    """What became of it: he may have clicked twice, or another was quicker."""
    found = RosterImport.objects.filter(pk=number).defer("content").first()
    if found is None:
        return f"There is no import {number}. Nothing was changed."
    by = f" by {found.decided_by}" if found.decided_by else ""
    return f"Import {number} does not wait any more: it was {found.state}{by}. Nothing more was changed."


def _said(request: HttpRequest, said: str, listed: list[str] | None = None, status: int = 200) -> HttpResponse:
    context = {**_context(request), "told": said, "listed": listed or [], "went_wrong": status != 200}
    return render(request, "dashboard/roster.html", context, status=status)


def _context(request: HttpRequest) -> dict[str, Any]:
    now = clock.now()
    age = roster_age(settings.CONFIG.roster.max_age)
    decided = RosterImport.objects.exclude(state=RosterImport.WAITING).defer("content").order_by("-brought_at", "-pk")
    stray = list(islice(without_shift(settings.CONFIG, now), MOST_SHOWN + 1))
    return {
        "age": age,
        "sentence": age.sentence(now),
        "is_old": age.is_too_old(now),
        "waiting": RosterImport.objects.filter(state=RosterImport.WAITING).defer("content").order_by("pk"),
        "page": Paginator(decided, PER_PAGE).get_page(request.GET.get("page")),
        "query": "",
        "stray": [dict(zip(COLUMNS, row, strict=True)) for row in stray[:MOST_SHOWN]],
        "more_stray": len(stray) > MOST_SHOWN,
        "trouble": folder_trouble(),
        "may_decide": may_decide(request),
        "now": now,
    }


def folder_trouble() -> str:
    """What the alert worker, which alone looks into the roster folder, found wrong with it."""
    found = Alarm.objects.filter(kind=Kind.ROSTER_FOLDER, ended_at=None).first()
    return "" if found is None else found.sentence
