"""`/notices/`: every mail that was ever meant for somebody, what became of it, and its text."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from central import clock
from central.dashboard.guards import seers_only
from central.dashboard.roles import READERS
from central.dashboard.sight import Sight
from central.notices.digest import Kind
from central.notices.models import Notice
from central.notices.outbox import trouble

PER_PAGE = 50
FATES = {
    "waiting": Q(mode=Notice.LIVE, sent_at=None, refused_at=None, superseded_at=None),
    "sent": Q(sent_at__isnull=False),
    "refused": Q(refused_at__isnull=False),
    "superseded": Q(superseded_at__isnull=False),
    "shadow": Q(mode=Notice.SHADOW),
}


@seers_only
def notices(request: HttpRequest) -> HttpResponse:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in ("fate", "kind", "recipient")}
    rows = notices_for(sight)
    rows = rows.filter(FATES[wanted["fate"]]) if wanted["fate"] in FATES else rows
    rows = rows.filter(kind=wanted["kind"]) if wanted["kind"] else rows
    rows = rows.filter(recipient__iexact=wanted["recipient"]) if wanted["recipient"] else rows
    # Neither page of a mail: a list needs no texts, and a storm's attachment may be large.
    rows = rows.defer("text", "html", "attachments", "references").order_by("-created_at", "-pk")
    context: dict[str, Any] = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "wanted": wanted,
        "fates": tuple(FATES),
        "kinds": tuple(Kind),
        "trouble": trouble() if sight.sees_everything else None,
        "now": clock.now(),
    }
    return render(request, "dashboard/notices.html", context)


@seers_only
def notice(request: HttpRequest, notice_id: UUID) -> HttpResponse:
    found = notices_for(request.sight).filter(notice_id=notice_id).first()  # type: ignore[attr-defined]
    if found is None:
        raise Http404
    lines = found.lines.order_by("pk").select_related("item")
    names = [one["name"] for one in found.attachments]
    return render(request, "dashboard/notice.html", {"notice": found, "lines": lines, "attachments": names})


def notices_for(sight: Sight) -> QuerySet[Notice]:
    """Everybody's for who sees everything; else those of his units and those to himself."""
    if sight.sees_everything:
        return Notice.objects.all()
    if not sight.roles & READERS:
        return Notice.objects.filter(recipient__iexact=sight.email) if sight.email else Notice.objects.none()
    own = Q(unit__in=sight.units)
    return Notice.objects.filter(own | Q(recipient__iexact=sight.email) if sight.email else own)
