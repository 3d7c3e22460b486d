"""The rows of `export categories|holds|tombstones`. A page at a time, so that a running server is never held up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from central.custody.models import Hold, Tombstone
from central.retention.models import Categorisation

PAGE = 1000
CATEGORY_COLUMNS = (
    *("number", "asset_id", "camera_serial", "station_id", "before", "after", "minimum_s"),
    *("said_at", "said_by", "said_as", "reason", "recorded_until", "arrived_at"),
)
HOLD_COLUMNS = (
    *("number", "asset_id", "camera_serial", "station_id", "request_number", "reason", "placed_at", "placed_by"),
    *("released_at", "released_by", "release_reason"),
)
TOMBSTONE_COLUMNS = (
    *("number", "asset_id", "camera_serial", "station_id", "source_path", "sha256", "size"),
    *("deleted_at", "deleted_by", "binned_at", "binned_by", "reason", "category", "minimum_s"),
    *("recorded_until", "arrived_at", "begins_at", "kept_until", "shared", "came_back_at"),
)


def _pages(rows: QuerySet[Any]) -> Iterator[Any]:
    last = 0
    while page := list(rows.filter(number__gt=last).order_by("number")[:PAGE]):
        yield from page
        last = page[-1].number


def category_rows() -> Iterator[list[Any]]:
    """What was ever said; the newest row of an asset holds."""
    for one in _pages(Categorisation.objects.select_related("asset")):
        asset = one.asset
        yield [
            *(one.number, asset.pk, asset.camera, asset.station_id, one.before, one.after, one.minimum_s),
            *(one.said_at, one.said_by, one.said_as, one.reason or None, asset.recorded_until, asset.verified_at),
        ]


def hold_rows() -> Iterator[list[Any]]:
    """Every hold, also those that are over."""
    for one in _pages(Hold.objects.select_related("asset", "release")):
        end = getattr(one, "release", None)
        yield [
            *(one.number, one.asset_id, one.asset.camera, one.asset.station_id, one.request_number, one.reason),
            *(one.placed_at, one.placed_by),
            *((None, None, None) if end is None else (end.released_at, end.released_by, end.reason)),
        ]


def tombstone_rows() -> Iterator[list[Any]]:
    """Everything that was ever deleted, with what made it legal then (M17)."""
    for one in _pages(Tombstone.objects.select_related("asset", "comeback")):
        back = getattr(one, "comeback", None)
        asset = one.asset
        yield [
            *(one.number, asset.pk, asset.camera, asset.station_id, asset.source_path or None, one.sha256, one.size),
            *(one.deleted_at, one.deleted_by, one.binned_at, one.binned_by, one.reason, one.category, one.minimum_s),
            *(one.recorded_until, one.arrived_at, one.begins_at, one.kept_until, one.shared),
            None if back is None else back.at,
        ]
