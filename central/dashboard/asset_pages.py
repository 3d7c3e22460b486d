"""`/assets/ID`: one file: what it is, who had it when, its receipts, and the way to its bytes."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from central import clock
from central.custody.epochs import store_epoch
from central.custody.footage import playable_type
from central.custody.models import Asset, CustodyEvent, DockSession, FootageView, Receipt
from central.custody.object_store import ObjectStore
from central.custody.receipts import valid_receipt
from central.custody.signing import load_signer
from central.dashboard.footage_rights import may_view, own_view, shift_of
from central.dashboard.guards import only, seers_only
from central.dashboard.roles import ADMIN, AUDITOR, IT, READERS
from central.dashboard.sight import Sight
from central.papers.models import Paper
from central.roster.models import Shift

VIEWS_SHOWN = 50
PAPER_READERS = (IT, AUDITOR, ADMIN)
"""A custody record names who looked at the footage: it is for whoever may see that."""
EVENTS_SHOWN = 500
PAST_THE_END = timedelta(hours=2)
"""So long after a shift a recording may still be of it; docs/measures.md counts it so too."""


@dataclass(frozen=True)
class Step:
    """One moment of a file's life. `after`: since the one before that is known."""

    name: str
    at: datetime | None
    source: str
    after: timedelta | None = None


@require_safe
@only(*READERS)
def asset(request: HttpRequest, asset_id: UUID) -> HttpResponse:
    found = Asset.objects.select_related("object").filter(pk=asset_id).first()
    if found is None:
        raise Http404
    return asset_page(request, found)


def asset_page(
    request: HttpRequest, found: Asset, *, refused: str = "", paper_refused: str = "", status: int = 200
) -> HttpResponse:
    """The page of one file; `refused`: why its bytes are not shown although somebody asked."""
    sight = Sight.of(request.user)
    dock = DockSession.objects.filter(session=found.session, station_id=found.station_id).first()
    # Another station may name this asset in its own ledger; that is no part of this asset's custody.
    events = CustodyEvent.objects.filter(asset_id=found.pk, ledger__station_id=found.station_id)
    view = own_view(request, request.GET.get("view"))
    context = {
        "asset": found,
        "dock": dock,
        "bay": "" if dock is None else dock.bay_label or dock.bay,
        "events": events.select_related("ledger").order_by("ledger", "number")[:EVENTS_SHOWN],
        "uploads": found.uploads.order_by("created_at"),
        "receipts": found.receipts.order_by("-issued_at"),
        "valid": valid_receipt(found),
        "epoch": store_epoch(),
        "key_id": load_signer(settings.DATA.receipt_key).key_id if settings.DATA.receipt_key.exists() else "",
        "steps": list(_steps(found, dock)),
        "shift": _shift_of(found, sight),
        "may_view": may_view(sight, found),
        "media_type": _media_type(found),
        "view": view if view is not None and view.asset_id == found.pk else None,
        "views": FootageView.objects.filter(asset=found).order_by("-number")[:VIEWS_SHOWN],
        "sees_everything": sight.sees_everything,
        "viewers": settings.CONFIG.footage.viewers,
        "refused": refused,
        "paper_refused": paper_refused,
        "papers": Paper.objects.filter(asset=found).defer("content").order_by("-number")[:VIEWS_SHOWN],
        "said": {name: request.POST.get(name, "")[:1000] for name in ("reason", "request_number")},
        "now": clock.now(),
    }
    return render(request, "dashboard/asset.html", context, status=status)


@require_safe
@only(*READERS)
def receipt_file(request: HttpRequest, receipt_id: UUID, ending: str) -> HttpResponse:
    """The signed bytes, or the bare signature, for whoever verifies them with tools that are not ours."""
    found = Receipt.objects.filter(pk=receipt_id).first()
    if found is None or ending not in ("json", "sig"):
        raise Http404
    content = found.content.encode() if ending == "json" else base64.b64decode(found.signature)
    headers = {"Content-Disposition": f'attachment; filename="{receipt_id}.{ending}"'}
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


@require_safe
@seers_only
def receipt_key(request: HttpRequest) -> HttpResponse:
    """Central's public key, as OpenSSL reads it. There is nothing secret in it."""
    pem = load_signer(settings.DATA.receipt_key).public_pem
    headers = {"Content-Disposition": 'attachment; filename="receipt-key.pem"'}
    return HttpResponse(pem, content_type="application/x-pem-file", headers=headers)


def _steps(asset: Asset, dock: DockSession | None) -> Iterator[Step]:
    """The instants of one asset's life, each with its source and the time since the one before."""
    docked_at = None if dock is None else dock.docked_at
    known = (
        ("recorded", asset.recorded_at, asset.recorded_source),
        ("docked", docked_at, "station" if docked_at else ""),
        ("found on the card", asset.found_at, "station" if asset.found_at else ""),
        ("staged", asset.staged_at, asset.staged_source),
        ("uploaded", asset.uploaded_at, asset.uploaded_source),
        ("verified", asset.verified_at, asset.verified_source),
        ("erased from the card", asset.erased_at, asset.erased_source),
    )
    before: datetime | None = None
    for name, at, source in known:
        yield Step(name, at, source, at - before if at is not None and before is not None else None)
        before = at or before


def _shift_of(asset: Asset, sight: Sight) -> Shift | None:
    """The shift on which it was recorded, as far as he may see it, and if it had not ended long before."""
    shift = shift_of(asset)
    if shift is None or asset.recorded_at is None or asset.recorded_at > shift.ends_at + PAST_THE_END:
        return None
    return sight.shifts().select_related("officer").filter(pk=shift.pk).first()


def _media_type(asset: Asset) -> str:
    """Of a video that a browser plays; nothing for any other file, and for one that cannot be read now."""
    if asset.object is None or asset.object.rotten_at is not None:
        return ""
    try:
        return playable_type(ObjectStore(settings.DATA).object(asset.object.sha256))
    except OSError:
        return ""
