"""`/reviews/`: which videos were drawn, what was said of them, and who decides where an officer says otherwise."""

from __future__ import annotations

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.answers.kinds import DECISIONS, Kind, Outcome
from central.answers.refusals import Refused
from central.answers.rights import MAY_DECIDE, refuse_finding, refuse_saying
from central.dashboard.answer_forms import person_of, written
from central.dashboard.answering import FORBIDDEN
from central.dashboard.guards import seers_only
from central.dashboard.sight import Sight
from central.measures.proportion import Proportion
from central.reviews.models import Draw, Review, Word
from central.reviews.saying import Finding, contest, decide, said_of, say_finding, word_of

PER_PAGE = 50


@require_safe
@seers_only
def reviews(request: HttpRequest) -> HttpResponse:
    rows = _seen(request).select_related("draw", "asset", "shift__officer").prefetch_related("words")
    page = Paginator(rows.order_by("-draw__quarter", "unit", "pk"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": [{"review": one, "words": _words(one)} for one in page],
        "draws": Draw.objects.order_by("-quarter"),
        "units": _m26(_seen(request)),
        "query": "",
    }
    return render(request, "dashboard/reviews/list.html", context)


@require_safe
@seers_only
def review(request: HttpRequest, number: int) -> HttpResponse:
    return _page(request, _one(request, number))


@require_POST
@seers_only
def say_of_review(request: HttpRequest, number: int) -> HttpResponse:
    """A finding, a contest or a decision, as the form's button says."""
    found, person, now = _one(request, number), person_of(_sight(request)), clock.now()
    said, text = request.POST.get("said", ""), written(request.POST.get("text", ""))
    try:
        if said in tuple(Finding):
            say_finding(found, Finding(said), text, person, now, sees=True)
        elif said in DECISIONS:
            decide(found, Outcome(said), text, person, now)
        elif said == Word.CONTEST:
            contest(found, text, person, now, settings.CONFIG.notices.contest_due, sees=True)
        else:
            return _page(request, found, "This form is not one of ours. Nothing was changed.", 400)
    except Refused as refused:
        status = 403 if refused.name in FORBIDDEN else 409
        return _page(request, found, str(refused), status)
    return redirect("review", found.pk)


def _page(request: HttpRequest, found: Review, refused: str = "", status: int = 200) -> HttpResponse:
    words = _words(found)
    context = {
        "review": found,
        "words": words,
        "may": _may(request, found, words),
        "refused": refused,
        "now": clock.now(),
    }
    return render(request, "dashboard/reviews/one.html", context, status=status)


def _may(request: HttpRequest, found: Review, words: dict[str, Word | None]) -> str:
    """What this person may say next: `finding`, `contest`, `decision` or nothing."""
    person, contested = person_of(_sight(request)), words[Word.CONTEST]
    if words[Word.FINDING] is None:
        return Word.FINDING if person.roles & MAY_DECIDE and not person.is_officer(found.officer_id) else ""
    try:
        if contested is None and words[Word.FINDING].outcome != Finding.NO_CONCERN:
            refuse_saying(person, Kind.CONTEST, found.officer_id, sees=True)
            return Word.CONTEST
        if contested is not None and words[Word.DECISION] is None:
            refuse_finding(person, said_of(found, contested), Outcome.UPHELD)
            return Word.DECISION
    except Refused:
        return ""
    return ""


def _words(found: Review) -> dict[str, Word | None]:
    return {kind: word_of(found, kind) for kind in (Word.FINDING, Word.CONTEST, Word.DECISION)}


def _m26(rows: QuerySet[Review]) -> list[dict[str, Any]]:
    """M26: reviews done among those required, by quarter and unit."""
    required = Counter(rows.values_list("draw__quarter", "unit"))
    done = Counter(rows.filter(words__kind=Word.FINDING).values_list("draw__quarter", "unit"))
    return [
        {"quarter": quarter, "unit": unit, "figure": Proportion(done[quarter, unit], number)}
        for (quarter, unit), number in sorted(required.items(), reverse=True)
    ]


def _sight(request: HttpRequest) -> Sight:
    sight: Sight = request.sight  # type: ignore[attr-defined]
    return sight


def _seen(request: HttpRequest) -> QuerySet[Review]:
    sight = _sight(request)
    return Review.objects.all() if sight.sees_everything else Review.objects.filter(shift__in=sight.shifts())


def _one(request: HttpRequest, number: int) -> Review:
    found = _seen(request).select_related("draw", "asset__object", "shift__officer").filter(pk=number).first()
    if found is None:
        raise Http404
    return found
