"""One file whose whole way was told to central by its station, with two others on its card; stored and receipted."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from central.custody.models import Asset, FootageView, StoredObject
from central.custody.receipts import issue_receipt
from central.custody.signing import ReceiptSigner, load_signer, new_key_pem
from central.papers.issuing import issue
from central.papers.models import Paper
from central.papers.reading import Desk, Wish
from protocol import events as e
from tests.roster.rows import bring, shift
from tests.watching.telling import Telling, at

CONTENT = b"\0\0\0\x18ftypisom" + bytes(range(256))
PATHS = ("DCIM/100MEDIA/REC_0412_0001.MP4", "DCIM/100MEDIA/REC_0412_0002.MP4", "DCIM/100MEDIA/Łódź ü.txt")
CHICAGO = ZoneInfo("America/Chicago")
WISH = Wish("clerk@pd.example", frozenset({"auditor"}), "State v. Doe, disclosure", "CR-26-1142")


@dataclass(frozen=True)
class Handed:
    """What a clerk has."""

    asset: Asset
    signer: ReceiptSigner
    desk: Desk

    def issue(self, **wish: str) -> Paper:
        return issue(self.asset, replace(WISH, **wish), self.desk, self.signer, at(400))


def told(folder: Path, *, ahead_ms: float | None = 1500.0) -> Handed:
    """A station whose clock was 1.5 s ahead of central's, a camera 42.5 s behind that."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "key.pem").write_bytes(new_key_pem())
    signer = load_signer(folder / "key.pem")
    station = Telling("east-1", ahead_ms=ahead_ms)
    bring(
        shift("S-77", officer_id="4711", camera_serial="0412", unit="East Patrol", starts_at=at(-240), ends_at=at(5))
    )
    session, ids = uuid4(), [uuid4() for _ in PATHS]
    _docked(station, session)
    for asset_id, path in zip(ids, PATHS, strict=True):
        _found(station, session, asset_id, path)
    _copied(station, ids[0])
    asset = Asset.objects.get(pk=ids[0])
    _stored(asset, signer)
    station.tell(
        31,
        e.AssetErased(
            at=station.clock(31),
            asset_id=ids[0],
            session=session,
            erased_at=station.wall(31),
            receipt_id=asset.receipts.get().pk,
        ),
    )
    station.undock(60, session, "0412")
    asset.refresh_from_db()
    return Handed(asset, signer, Desk(CHICAGO, signer.key_id, timedelta(hours=1)))


def _docked(station: Telling, session: UUID) -> None:
    station.start(-60)
    station.tell(
        10,
        e.CameraDocked(
            at=station.clock(10),
            session=session,
            camera="0412",
            identity_source="marker",
            identity_unique=True,
            bay="1-1.4",
            bay_label="Bay 7",
            source="usb",
            absent_until=station.wall(9.9),
            seen_at=station.wall(10),
            profile="novatek",
            clock_offset_s=-42.5,
        ),
    )
    station.tell(
        11,
        e.CardListed(
            at=station.clock(11),
            session=session,
            files=3,
            bytes=3 * len(CONTENT),
            refused=1,
            listing_sha256="5d" * 32,
        ),
    )
    station.tell(
        11, e.FileRefused(at=station.clock(11), session=session, path="LINK", path_b64="TElOSw==", reason="symlink")
    )


def _found(station: Telling, session: UUID, asset_id: UUID, path: str) -> None:
    station.tell(
        12,
        e.AssetFound(
            at=station.clock(12),
            asset_id=asset_id,
            session=session,
            camera="0412",
            path=path,
            path_b64=base64.b64encode(path.encode()).decode(),
            size=len(CONTENT),
            mtime_ns=int(at(-30).timestamp()) * 10**9,
            kind="video" if path.endswith("MP4") else "other",
        ),
    )


def _copied(station: Telling, asset_id: UUID) -> None:
    digest = sha256(CONTENT).hexdigest()
    station.tell(
        13,
        e.AssetStaged(
            at=station.clock(13),
            asset_id=asset_id,
            sha256=digest,
            size=len(CONTENT),
            staged_at=station.wall(13),
            recorded_at=at(-60),
            recorded_source="container",
            recorded_until=at(-30),
        ),
    )
    station.tell(14, e.AssetUploaded(at=station.clock(14), asset_id=asset_id, uploaded_at=station.wall(14)))


def _stored(asset: Asset, signer: ReceiptSigner) -> None:
    digest = sha256(CONTENT).hexdigest()
    kept = StoredObject.objects.create(sha256=digest, size=len(CONTENT), stored_at=at(15), verified_at=at(15))
    Asset.objects.filter(pk=asset.pk).update(object=kept, verified_at=at(15), verified_source="central")
    asset.refresh_from_db()
    issue_receipt(asset, signer, at(15))
    FootageView.objects.create(
        at=at(200),
        by="sgt.east@pd.example",
        roles="supervisor",
        asset=asset,
        sha256=digest,
        what="played",
        reason="complaint by a citizen",
        request_number="C-17",
    )
