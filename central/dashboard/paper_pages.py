"""The doors to custody records: a word why, kept for good, and then the papers, as files to take away."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from uuid import UUID

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.custody.models import Asset
from central.custody.signing import load_signer
from central.dashboard.asset_pages import PAPER_READERS, asset_page
from central.dashboard.footage_pages import peer_of
from central.dashboard.guards import only
from central.dashboard.headers import FOOTAGE_POLICY
from central.dashboard.roles import roles_of
from central.papers.bundle import files_of, zipped
from central.papers.commands import desk
from central.papers.issuing import NotIssued, issue
from central.papers.models import Paper
from central.papers.reading import Wish

FORMS: Mapping[str, Callable[[Paper], bytes]] = {
    "zip": zipped,
    "json": lambda paper: paper.content.encode(),
    "sig": lambda paper: base64.b64decode(paper.signature),
    "pdf": lambda paper: files_of(paper, frozenset({"pdf"}))["record.pdf"],
    "html": lambda paper: files_of(paper, frozenset({"html"}))["record.html"],
}

log = structlog.get_logger()


@require_POST
@only(*PAPER_READERS)
def issue_paper(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    found = Asset.objects.select_related("object", "station").filter(pk=asset_id).first()
    if found is None:
        raise Http404
    wish = Wish(
        by=request.user.get_username(),
        roles=roles_of(request),
        reason=request.POST.get("reason", ""),
        request_number=request.POST.get("request_number", ""),
        peer=peer_of(request),
    )
    try:
        issue(found, wish, desk(), load_signer(settings.DATA.receipt_key), clock.now())
    except NotIssued as refused:
        return asset_page(request, found, paper_refused=str(refused), status=400)
    return HttpResponseRedirect(f"{reverse('asset', args=[asset_id])}#papers")


@require_safe
@only(*PAPER_READERS)
def paper_file(request: HttpRequest, paper_id: UUID, ending: str) -> HttpResponse:
    """The paper as it was issued, in one of its forms, always as a file."""
    paper = Paper.objects.filter(paper_id=paper_id).first()
    if paper is None or ending not in FORMS:
        raise Http404
    headers = {
        "Content-Disposition": f'attachment; filename="custody_{paper_id}.{ending}"',
        "Content-Security-Policy": FOOTAGE_POLICY,
        "Cache-Control": "private, no-store",
    }
    log.info("paper_taken", paper=str(paper_id), by=request.user.get_username(), form=ending)
    return HttpResponse(FORMS[ending](paper), content_type="application/octet-stream", headers=headers)
