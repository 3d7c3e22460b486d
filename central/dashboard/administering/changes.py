"""`/administration/changes/`: who changed what, when, and what stood before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from central.dashboard.administering.who import READERS
from central.dashboard.guards import only
from central.dashboard.surroundings import site_zone
from central.fleet.auditing import Change
from central.fleet.models import AdminEvent

PER_PAGE = 50
BEFORE = "_before"
NAMES = ("by", "what", "subject", "from", "to")


@dataclass(frozen=True)
class Word:
    """One thing that was set. `before` is None where nothing is told of it."""

    name: str
    now: str
    before: str | None


@only(*READERS)
def changes(request: HttpRequest) -> HttpResponse:
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in NAMES}
    page = Paginator(_found(wanted), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "lines": [(one, tuple(words_of(one.detail))) for one in page],
        "wanted": wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "kinds": list(Change),
    }
    return render(request, "dashboard/administering/changes.html", context)


def words_of(detail: dict[str, Any]) -> Iterator[Word]:
    for name, value in detail.items():
        if not (name.endswith(BEFORE) and name.removesuffix(BEFORE) in detail):
            before = f"{name}{BEFORE}"
            yield Word(name, _said(value), _said(detail[before]) if before in detail else None)


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "nothing" if value in (None, "", []) else str(value)


def _found(wanted: dict[str, str]) -> QuerySet[AdminEvent]:
    rows = AdminEvent.objects.order_by("-number")
    for name in ("by", "subject"):
        if wanted[name]:
            rows = rows.filter(**{f"{name}__icontains": wanted[name]})
    if wanted["what"]:
        rows = rows.filter(what=wanted["what"])
    if since := _midnight(wanted["from"]):
        rows = rows.filter(at__gte=since)
    if until := _midnight(wanted["to"]):
        rows = rows.filter(at__lt=until + timedelta(days=1))
    return rows


def _midnight(text: str) -> datetime | None:
    """The first instant of that day in the site's zone; None when it is no day."""
    try:
        day = date.fromisoformat(text)
        return datetime(day.year, day.month, day.day, tzinfo=site_zone()) if 1970 < day.year < 9000 else None
    except ValueError:
        return None
