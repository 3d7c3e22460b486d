"""`/administration/officers/`: what people say of officers beside the roster."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from central import clock
from central.administration.officer_file import Said
from central.administration.officers import OF_ROSTER, is_of_roster, say_officer
from central.dashboard.administering.doing import after, by_of, told, tried
from central.dashboard.administering.forms import OfficerForm
from central.dashboard.administering.who import READERS
from central.dashboard.guards import may_decide, only
from central.fleet.models import AdminEvent
from central.roster.models import Officer

PER_PAGE = 50
MOST_CHANGES = 50
SHOWS = {
    "no_email": ("without an address", Q(email="", left_at=None)),
    "by_hand": ("with words said here", ~Q(by_hand=[])),
    "left": ("who left", ~Q(left_at=None)),
}


@only(*READERS)
def officers(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in ("q", "show")}
    rows = Officer.objects.order_by("pk")
    if asked := wanted["q"]:
        fields = ("officer_id", "name", "email", "unit")
        anywhere = Q()
        for field in fields:
            anywhere |= Q(**{f"{field}__icontains": asked})
        rows = rows.filter(anywhere)
    if wanted["show"] in SHOWS:
        rows = rows.filter(SHOWS[wanted["show"]][1])
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "wanted": wanted,
        "shows": [(name, words) for name, (words, _) in SHOWS.items()],
        "may_decide": may_decide(request),
        "told": told(request),
    }
    return render(request, "dashboard/administering/officers.html", context)


@require_http_methods(["GET", "POST"])
@only(*READERS)
def officer(request: HttpRequest, officer_id: str) -> HttpResponse:
    found = Officer.objects.filter(pk=officer_id).first()
    if found is None:
        raise Http404
    form = _form(request, found)
    if request.method == "POST":
        if not may_decide(request):
            return render(request, "dashboard/not_for_you.html", status=403)
        if form.is_valid() and tried(form, lambda: say_officer(_said(form, found), clock.now(), by_of(request))):
            return after("admin_officer", "set", officer_id)
    context: dict[str, Any] = {
        "officer": found,
        "form": form,
        "of_roster": [(name, getattr(found, name)) for name in OF_ROSTER if is_of_roster(found, name)],
        "may_decide": may_decide(request),
        "told": told(request),
        "changes": AdminEvent.objects.filter(subject=officer_id, what__startswith="officer_").order_by("-number")[
            :MOST_CHANGES
        ],
    }
    return render(request, "dashboard/administering/officer.html", context, status=422 if form.errors else 200)


def _form(request: HttpRequest, found: Officer) -> OfficerForm:
    """Without the fields that the roster fills: nothing is to be said there."""
    kept = {name: getattr(found, name) for name in (*OF_ROSTER, "note")}
    form = OfficerForm(request.POST or None, initial={**kept, "has_left": found.left_at is not None})
    for name in OF_ROSTER:
        if is_of_roster(found, name):
            del form.fields[name]
    return form


def _said(form: OfficerForm, found: Officer) -> Said:
    return Said(found.pk, **{name: form.cleaned_data.get(name) for name in (*OF_ROSTER, "note", "has_left")})
