"""Footage in one process with real SQLite and real files: uploaded, verified and erased as stations do it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from django.contrib.auth.models import Group, User
from django.test import override_settings

from central import clock
from central.config import Category, CentralConfig, Retention
from central.custody.assets import save_asset
from central.custody.models import Asset
from central.custody.object_store import ObjectStore
from central.custody.signing import load_signer, new_key_pem
from central.custody.turns import Turns
from central.custody.verification import Verified, Workplace, verify_asset
from central.data_dir import DataDir
from central.fleet.enrolment import add_station
from central.retention.binning import put_into_bin
from central.retention.categorising import categorise
from central.retention.emptying import Emptied, empty_bin
from central.retention.people import person_named
from tests.central.test_custody_rows import digest_of, upload

CHIEF, SERGEANT, KIM = "chief@pd.example", "chen@pd.example", "lee@pd.example"
DAY = timedelta(days=1)
CONFIG = CentralConfig(
    retention=Retention(bin=30 * DAY, category={"non_evidence": Category("90d"), "traffic": Category("400d")})
)
VIDEO = b"\0\0\0\x18ftypisom" + b"footage " * 200


@dataclass
class Vault:
    """One central's files, and the instant at which everything is asked."""

    place: Workplace
    data: DataDir
    now: datetime = field(default_factory=clock.now)

    @property
    def store(self) -> ObjectStore:
        return self.place.store

    def path(self, data: bytes = VIDEO) -> Path:
        return self.store.object(digest_of(data).sha256)

    def deliver(self, data: bytes = VIDEO, *, asset_id: uuid.UUID | None = None, attempt: int = 1) -> Asset:
        """Upload and verify; again with the same id is what a station does that sends once more."""
        asset_id = asset_id or uuid.uuid4()
        upload(self.place, asset_id, data, attempt=attempt)
        assert isinstance(verify_asset(self.place, asset_id, digest_of(data)), Verified)
        return Asset.objects.get(pk=asset_id)

    def keep(self, data: bytes = VIDEO, category: str = "non_evidence", camera: str = "C1") -> Asset:
        """Delivered, erased from its camera, and categorised by the chief."""
        asset = self.deliver(data)
        asset.camera, asset.kind, asset.recorded_at = camera, "video", self.now - timedelta(hours=2)
        asset.erased_at, asset.erased_source = self.now, "station"
        save_asset(asset)
        if category:
            self.say(asset, category)
        return asset

    def say(self, asset: Asset, category: str, by: str = CHIEF) -> None:
        categorise(asset, category, person_named(by, ()), "", CONFIG, self.now)

    def bin(self, asset: Asset, after: timedelta = 91 * DAY) -> None:
        put_into_bin(asset, CHIEF, "minimum is over", CONFIG, self.now + after)

    def empty(self, after: timedelta = 122 * DAY) -> list[Emptied]:
        return list(empty_bin(self.store, CHIEF, CONFIG, self.now + after))


@contextmanager
def vault(folder: Path) -> Iterator[Vault]:
    add_station("east-1", clock.now())
    for address, role in ((CHIEF, "admin"), (SERGEANT, "supervisor"), (KIM, "officer"), ("it@pd.example", "it")):
        user = User.objects.create(username=address, email=address)
        user.groups.add(Group.objects.get_or_create(name=role)[0])
    data = DataDir(folder / "data")
    data.create()
    data.receipt_key.write_bytes(new_key_pem())
    place = Workplace(ObjectStore(data), Turns(), load_signer(data.receipt_key), clock.now)
    with override_settings(CONFIG=CONFIG, DATA=data):
        yield Vault(place, data)
