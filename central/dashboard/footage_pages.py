"""The doors to footage: a word why, kept for good, and then the bytes, never as a page."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from uuid import UUID

import structlog
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.custody.footage import NotViewed, Wish, bytes_of, keep_view, playable_type
from central.custody.models import Asset, FootageView
from central.custody.object_store import ObjectStore
from central.custody.withheld import is_deleted
from central.dashboard.asset_pages import asset_page
from central.dashboard.byte_ranges import NotSatisfiable, Part, asked_part
from central.dashboard.footage_rights import may_view, own_view
from central.dashboard.guards import seers_only
from central.dashboard.headers import FOOTAGE_POLICY

MOST_OF_A_RANGE = 8 << 20
"""Bytes of one answer to a range."""

log = structlog.get_logger()


@require_POST
@seers_only
def say_why(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    """Keeps who wants to see what and why, and leads to the bytes."""
    sight = request.sight  # type: ignore[attr-defined]
    found = Asset.objects.select_related("object").filter(pk=asset_id).first()
    if found is None or not may_view(sight, found):
        raise Http404
    wish = Wish(
        what=request.POST.get("what", ""),
        reason=request.POST.get("reason", ""),
        request_number=request.POST.get("request_number", ""),
        by=request.user.get_username(),
        roles=sight.roles,
        peer=peer_of(request),
    )
    try:
        view = keep_view(found, wish, clock.now())
    except NotViewed as refused:
        return asset_page(request, found, refused=str(refused), status=400)
    log.info("footage_view", number=view.number, by=view.by, what=view.what, asset=str(asset_id))
    if view.what == FootageView.PLAYED:
        return HttpResponseRedirect(f"{reverse('asset', args=[asset_id])}?view={view.number}#footage")
    return redirect("footage", view.number)


@require_safe
@seers_only
def footage(request: HttpRequest, number: int) -> HttpResponseBase:
    """The bytes of one view, for whoever said why, for a while. What is no video, and every video that is opened by
    itself, is a download."""
    view = own_view(request, number)
    if view is None or not may_view(request.sight, view.asset):  # type: ignore[attr-defined]
        raise Http404
    stored = view.asset.object
    if stored is None or stored.sha256 != view.sha256 or stored.rotten_at is not None or is_deleted(view.asset_id):
        raise Http404
    path = ObjectStore(settings.DATA).object(stored.sha256)
    tag = f'"{stored.sha256}"'
    wanted = request.headers.get("Range") if request.headers.get("If-Range", tag) == tag else None
    try:
        part = asked_part(wanted, stored.size)
        if part is not None:  # a player asks for the rest; one that is paused must not hold a thread for hours
            part = Part(part.first, min(part.count, MOST_OF_A_RANGE))
        answer = _bytes(path, part or Part(0, stored.size), playable_type(path))
    except NotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{stored.size}"})
    except OSError as error:
        log.warning("footage_unreadable", number=number, asset=str(view.asset_id), error=str(error))
        return HttpResponse("The stored file cannot be read now; IT finds why in the log.\n", status=503)
    if part is not None:
        answer.status_code = 206
        answer["Content-Range"] = part.content_range(stored.size)
    answer["ETag"] = tag
    answer["Content-Disposition"] = content_disposition_header(True, _file_name(view.asset)) or "attachment"
    log.info("footage_sent", number=number, by=view.by, first=part.first if part else 0)
    return answer


def _bytes(path: Path, part: Part, media_type: str) -> HttpResponseBase:
    """Raises OSError when the file is not there."""
    blocks = bytes_of(path, part.first, part.count)
    answer = StreamingHttpResponse(blocks, content_type=media_type or "application/octet-stream")
    answer["Content-Length"] = str(part.count)
    answer["Accept-Ranges"] = "bytes"
    answer["Content-Security-Policy"] = FOOTAGE_POLICY
    answer["Cross-Origin-Resource-Policy"] = "same-origin"
    answer["Cache-Control"] = "private, no-store"
    return answer


def _file_name(asset: Asset) -> str:
    name = PurePosixPath(asset.source_path.replace("\\", "/")).name
    printable = "".join(sign for sign in name if sign.isprintable())
    return printable or f"{asset.pk}.bin"


def peer_of(request: HttpRequest) -> str:
    """The address that reached central, and in brackets what a proxy says stands behind it."""
    behind = request.headers.get("X-Forwarded-For", "")[:200]
    return str(request.META.get("REMOTE_ADDR", "")) + (f" ({behind})" if behind else "")
