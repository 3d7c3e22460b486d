"""What verification, uploads and events do to rows and files, in one process with real SQLite and real files."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from central import clock
from central.custody import verification
from central.custody.models import Asset, DockSession, ParkedEvent, Upload
from central.custody.object_store import Digest, ObjectStore
from central.custody.receiving import Piece, receive
from central.custody.recording import record_events
from central.custody.signing import load_signer, new_key_pem
from central.custody.turns import Turns
from central.custody.uploads import NewUpload, begin_upload, reached
from central.custody.verification import Incomplete, UploadReplaced, Verified, Workplace, verify_asset
from central.data_dir import DataDir
from central.fleet.enrolment import add_station
from central.fleet.heartbeats import keep_heartbeat
from protocol import events as e
from protocol import messages
from tests.central.station_client import NOON, Chain, clock_at
from tests.central.test_events import life_of

pytestmark = pytest.mark.django_db

DATA = b"footage " * 1000


@dataclass
class OneBody:
    data: bytes

    def read(self) -> bytes:
        data, self.data = self.data, b""
        return data


def digest_of(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    add_station("east-1", clock.now())
    add_station("west-1", clock.now())
    data = DataDir(tmp_path / "data")
    data.create()
    data.receipt_key.write_bytes(new_key_pem())
    return Workplace(ObjectStore(data), Turns(), load_signer(data.receipt_key), clock.now)


def upload(place: Workplace, asset_id: uuid.UUID, data: bytes = DATA, *, attempt: int = 1) -> Upload:
    begun = begin_upload(place.store, NewUpload("east-1", asset_id, len(data), attempt=attempt), clock.now())
    receive(place.store, begun.pk, Piece(0, len(data)), OneBody(data), clock.now)
    return begun


@pytest.mark.parametrize("claim", [DATA, b"other bytes"])
def test_an_upload_that_is_replaced_while_it_is_hashed_changes_nothing_more(place: Workplace, claim: bytes) -> None:
    asset_id = uuid.uuid4()
    old = upload(place, asset_id)
    new: list[Upload] = []

    def replace_once(_: int) -> None:
        if not new:
            new.append(upload(place, asset_id, b"staged anew", attempt=2))

    with pytest.raises(UploadReplaced):
        verify_asset(place, asset_id, digest_of(claim), replace_once)
    states = dict(Upload.objects.values_list("pk", "state"))
    assert states == {old.pk: Upload.DEAD, new[0].pk: Upload.ALIVE}
    asset = Asset.objects.get(pk=asset_id)
    assert (asset.object, asset.verified_at, asset.state) == (None, None, "UPLOADED")
    assert not asset.receipts.exists()
    assert isinstance(verify_asset(place, asset_id, digest_of(b"staged anew")), Verified)


def test_an_upload_that_begins_anew_is_not_called_uploaded(place: Workplace) -> None:
    asset_id = uuid.uuid4()
    upload(place, asset_id)
    assert Asset.objects.get(pk=asset_id).state == "UPLOADED"
    begin_upload(place.store, NewUpload("east-1", asset_id, 5, attempt=2), clock.now())
    asset = Asset.objects.get(pk=asset_id)
    assert (asset.state, asset.uploaded_at) == ("FOUND", None)


def test_a_verification_that_broke_off_before_its_commit_can_be_run_again_without_root(place: Workplace) -> None:
    asset_id = uuid.uuid4()
    begun = upload(place, asset_id)
    place.store.place(begun.pk, digest_of(DATA), clock.now())
    # Root may open anything, so the mode is looked at: read-only, the part could never be opened again.
    assert place.store.part(begun.pk).stat().st_mode & 0o600 == 0o600
    assert isinstance(verify_asset(place, asset_id, digest_of(DATA)), Verified)
    stored = place.store.object(digest_of(DATA).sha256)
    assert (stored.read_bytes(), stored.stat().st_mode & 0o777, stored.stat().st_nlink) == (DATA, 0o440, 1)


def test_a_restored_database_never_cuts_an_object_that_still_has_its_parts_name(place: Workplace) -> None:
    asset_id = uuid.uuid4()
    begun = upload(place, asset_id)
    place.store.place(begun.pk, digest_of(DATA), clock.now())
    Upload.objects.filter(pk=begun.pk).update(offset=10)
    begun.refresh_from_db()
    assert reached(place.store, place.turns, begun, 1.0, clock.now) == 0
    assert place.store.object(digest_of(DATA).sha256).read_bytes() == DATA
    assert verify_asset(place, asset_id, digest_of(DATA)) == Incomplete(0)


def test_verifying_one_more_file_of_known_bytes_touches_no_other_asset(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[uuid.UUID] = []
    save_asset = verification.save_asset
    first, second = uuid.uuid4(), uuid.uuid4()
    upload(place, first)
    verify_asset(place, first, digest_of(DATA))
    upload(place, second)

    def note(asset: Asset) -> None:
        saved.append(asset.pk)
        save_asset(asset)

    monkeypatch.setattr(verification, "save_asset", note)
    assert isinstance(verify_asset(place, second, digest_of(DATA)), Verified)
    assert saved == [second]


OUT_OF_CALENDAR = (
    '{"type":"asset_kept","reason":"policy","asset_id":"%s",'
    '"at":{"wall":"0001-01-01T00:00:00+01:00","monotonic_ns":1,"boot_id":"b"}}'
)


def test_an_event_from_before_the_calendar_blocks_no_others(place: Workplace) -> None:
    chain, asset_id = Chain(), uuid.uuid4()
    kept = e.AssetKept(at=clock_at(), asset_id=asset_id, reason="policy")
    assert record_events("east-1", [chain.add(OUT_OF_CALENDAR % asset_id), chain.add(kept)], clock.now()) == 2


def test_a_heartbeat_with_impossible_instants_and_numbers_is_taken(place: Workplace) -> None:
    beat = messages.Heartbeat(
        sequence=2**70,
        version="1",
        at=clock_at(),
        uptime_s=1,
        watched_until=datetime.fromisoformat("0001-01-01T00:00:00+01:00"),
        watched_event=-(2**70),
        head=messages.LedgerHead(ledger_uuid=uuid.uuid4(), number=2**70, hash="0" * 64),
    )
    keep_heartbeat("east-1", beat, "{}", clock.now())


@pytest.mark.parametrize("was", ["STAGED", "UPLOADED", "QUARANTINED"])
def test_a_file_that_vanished_after_it_was_copied_is_not_gone(place: Workplace, was: str) -> None:
    chain, asset_id, session = Chain(), uuid.uuid4(), uuid.uuid4()
    batch = [
        *life_of(asset_id, DATA, session)[:3],
        e.AssetGone(at=clock_at(), asset_id=asset_id, session=session, was=was),
    ]
    record_events("east-1", [chain.add(event) for event in batch], clock.now())
    assert Asset.objects.get(pk=asset_id).state == "STAGED"


def test_a_file_that_is_back_on_its_card_is_neither_erased_nor_gone(place: Workplace) -> None:
    chain, asset_id, session = Chain(), uuid.uuid4(), uuid.uuid4()
    upload(place, asset_id)
    verify_asset(place, asset_id, digest_of(DATA))
    again = e.AssetSeenAgain(at=clock_at(), asset_id=asset_id, session=uuid.uuid4(), sha256=digest_of(DATA).sha256)
    record_events("east-1", [chain.add(event) for event in life_of(asset_id, DATA, session)], clock.now())
    assert Asset.objects.get(pk=asset_id).state == "ERASED"
    record_events("east-1", [chain.add(again)], clock.now())
    asset = Asset.objects.get(pk=asset_id)
    assert (asset.state, asset.erased_at, asset.session) == ("VERIFIED", None, session)


@pytest.mark.parametrize("kind", ["asset_seen_again", "erase_started", "asset_erased"])
def test_whatever_another_station_says_of_an_asset_is_parked(place: Workplace, kind: str) -> None:
    chain, asset_id, other = Chain(), uuid.uuid4(), uuid.uuid4()
    upload(place, asset_id)
    told: dict[str, Any] = {
        "asset_seen_again": e.AssetSeenAgain(at=clock_at(), asset_id=asset_id, session=other, sha256="0" * 64),
        "erase_started": e.EraseStarted(at=clock_at(), asset_id=asset_id, session=other, receipt_id=other),
        "asset_erased": e.AssetErased(
            at=clock_at(), asset_id=asset_id, session=other, receipt_id=other, erased_at=NOON + timedelta(hours=1)
        ),
    }
    record_events("west-1", [chain.add(told[kind])], clock.now())
    assert "belongs to another station" in ParkedEvent.objects.get().reason
    assert Asset.objects.get(pk=asset_id).state == "UPLOADED"


def test_the_dock_of_another_station_says_nothing_about_an_asset(place: Workplace) -> None:
    from central.custody.exports import ASSET_COLUMNS, asset_rows

    chain, asset_id, session = Chain(), uuid.uuid4(), uuid.uuid4()
    DockSession.objects.create(session=session, station_id="west-1", camera="C7", docked_at=datetime.now(UTC))
    found = life_of(asset_id, DATA, session)[1]
    record_events("east-1", [chain.add(found)], clock.now())
    (row,) = asset_rows()
    assert row[ASSET_COLUMNS.index("docked_at")] is None
