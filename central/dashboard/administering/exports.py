"""`/administration/exports/`: every table of `dock-central export`, streamed; who took one is kept first."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from central import clock
from central.administration.tables import TABLES
from central.dashboard.administering.doing import by_of
from central.dashboard.administering.who import NOT_FOR_IT, READERS
from central.dashboard.guards import not_for_you, only
from central.dashboard.roles import ADMIN, AUDITOR, roles_of
from central.fleet.auditing import Change, keep_change
from central.rows_out import lines

PIECE = 64 * 1024
TYPES = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
WORDS = {
    "assets": "every file of every camera, from the card to its receipt",
    "docks": "every dock: where, since when, until when",
    "shifts": "every shift with its deadline and the verdict that stands",
    "answers": "what people said of shifts and cameras, and how it ended",
    "notices": "every mail about a shift, also those that were only shown",
    "alarms": "what IT was told, and since when",
    "stations": "every station and how it is",
    "flips": "when a station became stale, silent or was heard again",
    "ledgers": "every custody chain, and where it is not whole",
    "forks": "other events that a station offered for a taken place",
    "parked": "events that are kept and not understood",
    "cameras": "every camera, where it was last, what people say of it",
    "officers": "every officer, his unit and last camera",
    "units": "whom each unit's notices go to",
    "users": "who may log in and as what",
    "admin": "who changed what",
    "views": "who looked at footage, and why",
    "reviews": "videos drawn for review, and what was said of each",
    "papers": "custody records that were issued, to whom and why",
    "categories": "what people said footage is, and what it was before",
    "holds": "what is kept for a case or request, and until when it was",
    "tombstones": "what a person deleted, and what made it legal",
}


@only(*READERS)
def exports(request: HttpRequest) -> HttpResponse:
    tables = [(name, WORDS.get(name, "")) for name in TABLES if _may_take(request, name)]
    return render(request, "dashboard/administering/exports.html", {"tables": tables})


@only(*READERS)
@require_POST
def export(request: HttpRequest, what: str, form: str) -> HttpResponse | StreamingHttpResponse:
    """A POST, since it is kept who took it; kept before the first row leaves."""
    if what not in TABLES or form not in TYPES:
        raise Http404
    if not _may_take(request, what):
        return not_for_you(request)
    now = clock.now()
    keep_change(Change.EXPORTED, what, by=by_of(request), now=now, format=form)
    columns, rows = TABLES[what]
    headers = {
        "Content-Disposition": f'attachment; filename="{what}-{now:%Y%m%dT%H%M%SZ}.{form}"',
        "Cache-Control": "no-store",
    }
    return StreamingHttpResponse(_pieces(lines(columns, rows(), form)), content_type=TYPES[form], headers=headers)


def _may_take(request: HttpRequest, what: str) -> bool:
    return what not in NOT_FOR_IT or bool(roles_of(request) & {ADMIN, AUDITOR})


def _pieces(text: Iterator[str]) -> Iterator[bytes]:
    """A row at a time would be a write to the network for each."""
    held, size = [], 0
    for line in text:
        held.append(line)
        size += len(line)
        if size >= PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    yield "".join(held).encode()
