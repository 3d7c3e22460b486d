"""The doors for answers: saying, finding, withdrawing, and the pages that list them. Without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.answers.closing import find, withdraw
from central.answers.kinds import TITLES, Kind, Outcome
from central.answers.models import Answer
from central.answers.nearby import cameras_nearby
from central.answers.refusals import Refusal, Refused
from central.answers.rights import refuse_saying
from central.answers.saying import say
from central.answers.standing import open_checks, open_contests
from central.dashboard.answer_forms import bays_to_check, form_for, line_of, person_of, saying_of, written
from central.dashboard.guards import seers_only
from central.dashboard.sight import Sight
from central.roster.models import Shift

PER_PAGE = 50
FORBIDDEN = frozenset(
    {
        *(Refusal.ROLE, Refusal.OWN_SHIFT, Refusal.OWN_CAMERA, Refusal.NOT_CONCERNED),
        *(Refusal.NOT_THE_DECIDER, Refusal.PARTY, Refusal.NOT_YOURS),
    }
)


@seers_only
@require_POST
def answer(request: HttpRequest, shift_id: str) -> HttpResponse:
    shift = _shift(request, shift_id)
    try:
        said = say(saying_of(request.POST, _sight(request), shift.pk), settings.CONFIG, clock.now())
    except Refused as refused:
        return _refused(request, refused, shift)
    except ValueError:
        return _no_form(request, shift)
    return redirect("answer", said.pk)


@seers_only
@require_GET
def other_camera(request: HttpRequest, shift_id: str) -> HttpResponse:
    shift = _shift(request, shift_id)
    try:
        refuse_saying(person_of(_sight(request)), Kind.OTHER_CAMERA, shift.officer_id, sees=True)
    except Refused as refused:
        return _refused(request, refused, shift)
    context = {"answering": form_for(_sight(request), shift, clock.now()), "nearby": cameras_nearby(shift)}
    return render(request, "dashboard/answers/other_camera.html", context)


@seers_only
@require_GET
def answers(request: HttpRequest) -> HttpResponse:
    sight, person = _sight(request), person_of(_sight(request))
    wanted = {name: request.GET.get(name, "").strip()[:255] for name in ("kind", "camera")}
    rows = _seen(sight, Answer.objects.all()).filter(**{name: value for name, value in wanted.items() if value})
    rows = rows.select_related("shift__officer").prefetch_related("closings").order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "checks": [line_of(one, person) for one in _seen(sight, open_checks())],
        "contests": [line_of(one, person) for one in _seen(sight, open_contests())],
        "page": page,
        "lines": [line_of(one, person) for one in page],
        "wanted": wanted,
        "query": urlencode({name: value for name, value in wanted.items() if value}),
        "kinds": TITLES.items(),
        "now": clock.now(),
    }
    return render(request, "dashboard/answers/list.html", context)


@seers_only
@require_GET
def one_answer(request: HttpRequest, number: int) -> HttpResponse:
    found = _answer(request, number)
    context = {
        "line": line_of(found, person_of(_sight(request))),
        "answer": found,
        "bays": bays_to_check(found) if found.kind == Kind.SAID_DOCKED else (),
        "now": clock.now(),
    }
    return render(request, "dashboard/answers/one.html", context)


@seers_only
@require_POST
def close_answer(request: HttpRequest, number: int) -> HttpResponse:
    try:
        outcome = Outcome(request.POST.get("outcome", ""))
    except ValueError:
        return _no_form(request, _answer(request, number).shift)
    return _ending(request, number, lambda *given: find(given[0], outcome, *given[1:]))


@seers_only
@require_POST
def withdraw_answer(request: HttpRequest, number: int) -> HttpResponse:
    return _ending(request, number, withdraw)


def _ending(request: HttpRequest, number: int, end: Callable[..., object]) -> HttpResponse:
    found = _answer(request, number)
    try:
        end(found.pk, person_of(_sight(request)), written(request.POST.get("text", "")), clock.now())
    except Refused as refused:
        return _refused(request, refused, found.shift)
    return redirect("answer", found.pk)


def _sight(request: HttpRequest) -> Sight:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    return sight


def _shift(request: HttpRequest, shift_id: str) -> Shift:
    """Of a shift that he does not see he does not learn that it exists."""
    found = _sight(request).shifts().select_related("officer").filter(pk=shift_id).first()
    if found is None:
        raise Http404
    return found


def _answer(request: HttpRequest, number: int) -> Answer:
    rows = _seen(_sight(request), Answer.objects.filter(pk=number))
    found = rows.select_related("shift__officer").prefetch_related("closings").first()
    if found is None:
        raise Http404
    return found


def _seen(sight: Sight, rows: QuerySet[Answer]) -> QuerySet[Answer]:
    return rows if sight.sees_everything else rows.filter(shift__in=sight.shifts())


def _refused(request: HttpRequest, refused: Refused, shift: Shift) -> HttpResponse:
    status = 403 if refused.name in FORBIDDEN else 404 if refused.name is Refusal.NOT_SEEN else 409
    context: dict[str, Any] = {"sentence": str(refused), "name": refused.name, "shift": shift}
    return render(request, "dashboard/answers/refused.html", context, status=status)


def _no_form(request: HttpRequest, shift: Shift) -> HttpResponse:
    context = {"sentence": "This form is not one of ours. Nothing was changed.", "name": "no_form", "shift": shift}
    return render(request, "dashboard/answers/refused.html", context, status=400)
