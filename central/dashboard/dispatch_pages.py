"""`/dispatches/`: calls whose recording is missing, late or short, and why; one dispatch with all that was found."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.dashboard.answer_forms import person_of, written
from central.dashboard.guards import seers_only
from central.dashboard.roles import ADMIN, OFFICER, SUPERVISOR
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.dispatches.documenting import decide, document
from central.dispatches.exception_rights import NotTaken, Saying
from central.dispatches.models import Comparison, Dispatch, DocumentedException
from central.dispatches.queue import KINDS, discrepancies, of_kind, older_than, owners
from central.instants import parse_instant
from central.roster.models import Officer

PER_PAGE = 50
DAYS = (1, 7, 30)
SPEAKERS = frozenset({OFFICER, SUPERVISOR, ADMIN})


@seers_only
@require_GET
def dispatches(request: HttpRequest) -> HttpResponse:
    sight, now = _sight(request), clock.now()
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in ("unit", "kind", "days", "show")}
    rows = _seen(sight, discrepancies(open_only=wanted["show"] != "all"))
    rows = rows.filter(unit=wanted["unit"]) if wanted["unit"] else rows
    rows = older_than(of_kind(rows, wanted["kind"]), int(wanted["days"]) if wanted["days"].isdecimal() else 0, now)
    page = Paginator(rows.prefetch_related("exception__decisions"), PER_PAGE).get_page(request.GET.get("page"))
    of_unit, names = owners({row.unit for row in page}), _names({row.dispatch.officer_id for row in page})
    context: dict[str, Any] = {
        "page": page,
        "lines": [(row, names.get(row.dispatch.officer_id, ""), of_unit.get(row.unit, "")) for row in page],
        "any": Dispatch.objects.exists(),
        "wanted": wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "units": sorted(_seen(sight, Comparison.objects.order_by()).values_list("unit", flat=True).distinct()),
        "kinds": KINDS,
        "days": tuple(map(str, DAYS)),
        "reasons": settings.CONFIG.dispatches.reasons.items() if sight.roles & SPEAKERS else (),
        "own": sorted(sight.own_officer_ids),
        "token": uuid4(),
        "now": now,
    }
    return render(request, "dashboard/dispatches/list.html", context)


@seers_only
@require_GET
def dispatch(request: HttpRequest, number: int) -> HttpResponse:
    sight = _sight(request)
    history = list(_history(sight, number))
    if not history:
        raise Http404
    standing = history[0]
    own = standing.dispatch.officer_id in sight.own_officer_ids
    exceptions = DocumentedException.objects.filter(pk__in={one.exception_id for one in history})
    context: dict[str, Any] = {
        "standing": standing,
        "dispatch": standing.dispatch,
        "officer": _names({standing.dispatch.officer_id}).get(standing.dispatch.officer_id, ""),
        "owner": owners({standing.unit}).get(standing.unit, ""),
        "history": history,
        "exceptions": exceptions.prefetch_related("decisions").order_by("pk"),
        "words": settings.CONFIG.dispatches.reasons,
        "reasons": settings.CONFIG.dispatches.reasons.items() if own or sight.roles & {SUPERVISOR, ADMIN} else (),
        "may_decide": bool(sight.roles & {SUPERVISOR, ADMIN}) and not own,
        "me": sight.email,
        "token": uuid4(),
        "now": clock.now(),
    }
    return render(request, "dashboard/dispatches/one.html", context)


@seers_only
@require_POST
def document_exception(request: HttpRequest) -> HttpResponse:
    """Of one dispatch, or of a span that may be yet to come."""
    sight, form = _sight(request), request.POST
    found = None
    try:
        if form.get("dispatch", ""):
            found = _history(sight, int(form["dispatch"])).first()
            if found is None:
                raise Http404
        saying = _saying(sight, form, found)
        document(saying, UUID(form.get("token", "")), settings.CONFIG.dispatches.reasons, clock.now())
    except NotTaken as refused:
        return _refused(request, str(refused), refused.status)
    except (ValueError, OverflowError) as error:
        return _refused(request, f"This form cannot be read: {error}", 400)
    return _done(found)


@seers_only
@require_POST
def decide_exception(request: HttpRequest, number: int) -> HttpResponse:
    sight, form = _sight(request), request.POST
    said = DocumentedException.objects.filter(pk=number).first()
    found = _history(sight, int(form["dispatch"])).first() if form.get("dispatch", "").isdecimal() else None
    if said is None:
        raise Http404
    sees = _sees_officer(sight, said.officer_id) or (
        found is not None and found.dispatch.officer_id == said.officer_id
    )
    if not sees:
        raise Http404
    try:
        text = written(form.get("text", ""))
        decide(number, form.get("outcome", ""), person_of(sight), text, clock.now(), sees=sees)
    except NotTaken as refused:
        return _refused(request, str(refused), refused.status)
    return _done(found)


def _saying(sight: Sight, form: Any, found: Comparison | None) -> Saying:
    note, reason = written(form.get("note", "")), form.get("reason", "")
    if found is not None:
        one = found.dispatch
        begins, ends = one.begins_at, one.cleared_at
        if begins is None or ends is None or ends < begins:
            raise NotTaken("This dispatch is not counted, so it needs no reason.")
        return Saying(person_of(sight), one.officer_id, True, reason, begins, ends, one.dispatch_id, note)
    officer, zone = form.get("officer", "").strip()[:64], site_zone()
    since, until = (parse_instant(form.get(name, ""), zone) for name in ("since", "until"))
    sees = _sees_officer(sight, officer)
    return Saying(person_of(sight), officer, sees, reason, since, until, note=note)


def _done(found: Comparison | None) -> HttpResponse:
    return redirect("dispatches") if found is None else redirect("dispatch", found.dispatch_id)


def _sight(request: HttpRequest) -> Sight:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    return sight


def _seen(sight: Sight, rows: QuerySet[Comparison]) -> QuerySet[Comparison]:
    """Everybody's for who sees everything; else those of his units, and his own."""
    if sight.sees_everything:
        return rows
    allowed = Q(dispatch__officer_id__in=sight.own_officer_ids)
    return rows.filter(allowed | Q(unit__in=sight.units) if sight.is_supervisor else allowed)


def _history(sight: Sight, number: int) -> QuerySet[Comparison]:
    """All that was found of this dispatch, the newest first, if what stands of it is his to see."""
    standing = _seen(sight, Comparison.objects.filter(dispatch=number, superseded_at=None))
    rows = Comparison.objects.filter(dispatch__in=standing.values("dispatch"))
    return rows.select_related("dispatch", "exception").order_by("-pk")


def _sees_officer(sight: Sight, officer_id: str) -> bool:
    if sight.sees_everything:
        return Officer.objects.filter(pk=officer_id).exists()
    own = officer_id in sight.own_officer_ids
    units = sight.is_supervisor and Officer.objects.filter(pk=officer_id, unit__in=sight.units).exists()
    return own or units


def _names(officers: set[str]) -> dict[str, str]:
    return dict(Officer.objects.filter(pk__in=officers).values_list("pk", "name"))


def _refused(request: HttpRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "dashboard/dispatches/refused.html", {"sentence": sentence}, status=status)
