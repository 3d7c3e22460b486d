"""Beginning an upload and asking how far it got."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from central.custody.assets import asset_of, note_uploaded, save_asset
from central.custody.models import Asset, Upload
from central.custody.object_store import ObjectStore
from central.custody.receiving import full_store_named, open_part
from central.custody.turns import Turns, UploadBusy

UPLOAD_LIFE = timedelta(days=30)
"""How long an idle upload is promised to be kept. Central deletes nothing by itself, so it is kept longer."""


class LengthConflict(Exception):
    """This asset is being uploaded already, with another length."""


@dataclass(frozen=True)
class NewUpload:
    """What a station says when it begins to send one asset."""

    station: str
    asset_id: UUID
    length: int
    camera: str = ""
    path: bytes = b""
    attempt: int = 1


def begin_upload(store: ObjectStore, wanted: NewUpload, now: datetime) -> Upload:
    """The one living upload of this asset: the same for the same asset, however often it is asked for.

    A later attempt ends an unfinished one: its station has staged the file anew, and the bytes may be others.

    Raises:
        ForeignAsset: the asset belongs to another station.
        LengthConflict: a living upload of this asset has another length.
        StoreFull: there is no space for its part file.
    """
    with transaction.atomic():
        asset = asset_of(wanted.station, wanted.asset_id, now)
        upload = asset.uploads.exclude(state=Upload.DEAD).first()
        if upload is not None and upload.state == Upload.ALIVE and wanted.attempt > upload.attempt:
            # A writer of the old attempt finds its row dead and commits nothing more.
            Upload.objects.filter(pk=upload.pk, state=Upload.ALIVE).update(state=Upload.DEAD)
            asset.uploaded_at, asset.uploaded_source = None, ""
            upload = None
        if upload is None:
            _complete_asset(asset, wanted)
            upload = Upload.objects.create(
                upload_id=uuid.uuid4(),
                asset=asset,
                station_id=wanted.station,
                length=wanted.length,
                attempt=wanted.attempt,
                created_at=now,
                touched_at=now,
            )
            if wanted.length == 0:
                note_uploaded(asset.pk, now)
        elif upload.length != wanted.length:
            raise LengthConflict
    if upload.state == Upload.ALIVE:
        with full_store_named():
            store.make_part(upload.pk)
    return upload


def _complete_asset(asset: Asset, wanted: NewUpload) -> None:
    """Fill in what events have not told yet."""
    asset.camera = asset.camera or wanted.camera
    if wanted.path and not asset.path_b64:
        asset.path_b64 = base64.b64encode(wanted.path).decode()
        asset.source_path = asset.source_path or wanted.path.decode("utf-8", "backslashreplace")
    if asset.object_id is None:
        asset.size = wanted.length
    save_asset(asset)


def reached(store: ObjectStore, turns: Turns, upload: Upload, wait_s: float, now: Callable[[], datetime]) -> int:
    """How many bytes are committed and still on the disk. A stale writer is asked to end first.

    Raises:
        UploadBusy: the writer did not end within `wait_s` seconds.
    """
    if upload.offset == upload.length and turns.is_held(upload.pk):
        return upload.offset  # complete and being hashed: there is no writer to wait for
    if not turns.pre_empt(upload.pk, wait_s):
        raise UploadBusy
    with turns.take(upload.pk), open_part(store, upload.pk, now) as part:
        return part.committed
