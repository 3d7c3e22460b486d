"""Finding and advancing the rows of assets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q

from central.custody.marks import asset_marks
from central.custody.models import Asset
from central.custody.states import AssetFacts, asset_state
from central.roster.duty import has_officer, is_known_camera


class ForeignAsset(Exception):
    """The asset belongs to another station. To the asking station it does not exist."""


def asset_of(station: str, asset_id: UUID, now: datetime) -> Asset:
    """The asset's row, made when it is heard of for the first time: by its upload or by an event, in any order.

    Raises:
        ForeignAsset: it belongs to another station.
    """
    asset, _ = Asset.objects.get_or_create(asset_id=asset_id, defaults={"station_id": station, "first_heard_at": now})
    if asset.station_id != station:
        raise ForeignAsset
    return asset


def save_asset(asset: Asset) -> None:
    """Store the row with the state and the marks that follow from it."""
    asset.state = asset_state(
        AssetFacts(
            staged=asset.staged_at is not None,
            uploaded=asset.uploaded_at is not None,
            verified=asset.verified_at is not None,
            erased=asset.erased_at is not None,
            kept=bool(asset.kept_reason),
            gone=asset.gone_at is not None,
            quarantined=bool(asset.quarantined_reason),
            lost=asset.object is None and asset.lost_at is not None,
        )
    )
    asset.marks = asset_marks(
        camera_known=is_known_camera(asset.camera),
        officer_known=has_officer(asset.camera, asset.recorded_at),
        recorded_at=asset.recorded_at,
        received_at=asset.first_heard_at,
        object_rotten=asset.object is not None and asset.object.rotten_at is not None,
        not_stored=asset.object is None and asset.verified_at is not None,
        lost=asset.lost_at is not None,
    )
    asset.save()


def note_uploaded(asset_id: UUID, now: datetime) -> None:
    """Central holds every byte of the asset's upload, durable."""
    asset = Asset.objects.get(pk=asset_id)
    asset.uploaded_at, asset.uploaded_source = now, "central"
    save_asset(asset)


def find_claimed(station: str, camera: str, path_b64: str, sha256: str, size: int) -> UUID | None:
    """The id this station used before for these bytes at this place of this camera."""
    same_size = Q(size=size) | Q(size=None)
    found = (
        Asset.objects.filter(same_size, station_id=station, camera=camera, path_b64=path_b64, sha256=sha256)
        .order_by("first_heard_at", "asset_id")
        .first()
    )
    return None if found is None else found.asset_id
