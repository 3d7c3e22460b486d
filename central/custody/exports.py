"""The rows of `export assets` and `export docks`, a thousand at a time so that a running server is never held up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from central.custody.clips import recorded_until
from central.custody.models import Asset, DockSession, Receipt

PAGE = 1000

ASSET_COLUMNS = (
    *("asset_id", "sha256", "size", "camera_serial", "station_id", "source_path", "recorded_at", "docked_at"),
    *("staged_at", "uploaded_at", "verified_at", "erased_at", "state"),
    *("kind", "flagged", "salvage", "marks", "recorded_source", "docked_source", "staged_source"),
    *("uploaded_source", "verified_source", "erased_source", "camera_clock_offset_s", "session", "receipt_id"),
    *("kept_reason", "quarantined_reason", "path_b64", "recorded_until"),
)

DOCK_COLUMNS = (
    *("camera_serial", "station_id", "bay", "absent_until", "docked_at", "undocked_at", "drained_at"),
    *("session", "bay_port", "source", "profile", "proves_dock", "identity_source", "identity_unique"),
    *("last_present_at", "files", "bytes", "files_not_copied", "camera_clock_offset_s"),
)


def _pages(rows: QuerySet[Any], key: str) -> Iterator[Any]:
    """All rows in order of `key`. Every page is a query of its own: a long read would hold up writers."""
    last = None
    while True:
        page = list((rows if last is None else rows.filter(**{f"{key}__gt": last})).order_by(key)[:PAGE])
        yield from page
        if len(page) < PAGE:
            return
        last = getattr(page[-1], key)


def asset_rows() -> Iterator[list[Any]]:
    docks = DockSession.objects.filter(session=OuterRef("session"), station=OuterRef("station"))
    receipts = Receipt.objects.filter(asset=OuterRef("pk"), voided_at=None).order_by("-issued_at")
    rows = Asset.objects.annotate(
        dock_at=Subquery(docks.values("docked_at")[:1]),
        clock_offset=Subquery(docks.values("clock_offset_s")[:1]),
        receipt=Subquery(receipts.values("receipt_id")[:1]),
    )
    for a in _pages(rows, "asset_id"):
        yield [
            *(a.asset_id, a.sha256 or None, a.size, a.camera, a.station_id, a.source_path, a.recorded_at, a.dock_at),
            *(a.staged_at, a.uploaded_at, a.verified_at, a.erased_at, a.state),
            *(a.kind or None, a.flagged, a.salvage, a.marks, a.recorded_source or None),
            *("station" if a.dock_at else None, a.staged_source or None, a.uploaded_source or None),
            *(a.verified_source or None, a.erased_source or None, a.clock_offset, a.session, a.receipt),
            *(a.kept_reason or None, a.quarantined_reason or None, a.path_b64 or None),
            None if a.recorded_at is None else recorded_until(a.recorded_at, a.mtime_ns, a.recorded_until),
        ]


def dock_rows() -> Iterator[list[Any]]:
    for d in _pages(DockSession.objects.all(), "session"):
        yield [
            *(d.camera, d.station_id, d.bay_label or d.bay, d.absent_until, d.docked_at, d.undocked_at, d.drained_at),
            *(d.session, d.bay, d.source, d.profile, d.proves_dock, d.identity_source, d.identity_unique),
            *(d.last_present_at, d.files, d.bytes, d.files_not_copied, d.clock_offset_s),
        ]
