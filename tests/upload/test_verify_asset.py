"""Only a signed receipt for exactly these bytes makes an asset VERIFIED."""

from __future__ import annotations

import json
import os
from uuid import UUID

import pytest

from agent.errors import ProtocolViolation, RetryLater
from agent.pipeline.upload import UploadDoors, UploadPlace, upload_slice
from agent.pipeline.verify import VerifyDoors, VerifyEnd, verify_asset
from agent.ports import Mismatch, SignedStatement, UnknownAsset
from agent.rules.footage import State
from simulator.central import MemoryCentral
from tests.upload.station import STATION, Station

MIB = 1 << 20


@pytest.fixture
def central(station: Station) -> MemoryCentral:
    return MemoryCentral(station.clock, STATION)


def upload(station: Station, central: MemoryCentral, asset_id: UUID) -> None:
    place, doors = UploadPlace(), UploadDoors(station.ledger, station.spool, central, station.clock)
    while station.asset(asset_id).state is State.STAGED:
        upload_slice(station.asset(asset_id), place, doors)


def uploaded(station: Station, central: MemoryCentral, content: bytes | None = None) -> UUID:
    asset_id = station.stage(content or os.urandom(2 * MIB))
    upload(station, central, asset_id)
    return asset_id


def verify(station: Station, central: MemoryCentral, asset_id: UUID, refused_before: str = "") -> VerifyEnd:
    doors = VerifyDoors(station.ledger, central, central, station.spool, station.clock, STATION)
    return verify_asset(station.asset(asset_id), doors, refused_before).end


def events(station: Station) -> int:
    return len(station.ledger.events_after(0, 1000))


def test_a_good_receipt_makes_the_asset_verified_and_is_kept_verbatim(
    station: Station, central: MemoryCentral
) -> None:
    asset_id = uploaded(station, central)
    assert verify(station, central, asset_id) is VerifyEnd.VERIFIED
    asset = station.asset(asset_id)
    assert asset.state is State.VERIFIED
    assert asset.receipt is not None
    statement = SignedStatement(asset.receipt.content, asset.receipt.signature, asset.receipt.key_id)
    assert central.is_signed(statement)


def test_while_central_hashes_nothing_changes(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    central.faults.hashes_for = 1
    before = events(station)
    assert verify(station, central, asset_id) is VerifyEnd.HASHING
    assert events(station) == before
    assert verify(station, central, asset_id) is VerifyEnd.VERIFIED


def test_a_forged_receipt_is_refused_and_recorded_once(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    central.faults.forges = True
    assert verify(station, central, asset_id) is VerifyEnd.RECEIPT_REFUSED
    before = events(station)
    assert verify(station, central, asset_id, "bad_signature") is VerifyEnd.RECEIPT_REFUSED
    assert events(station) == before
    assert station.asset(asset_id).state is State.UPLOADED


def test_a_true_receipt_for_another_asset_is_refused(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(1000)
    first, second = uploaded(station, central, content), uploaded(station, central, content)
    statement = central.verify(first, station.asset(first).sha256 or "", 1000)
    central.verify = lambda *_: statement  # type: ignore[method-assign]
    assert verify(station, central, second) is VerifyEnd.RECEIPT_REFUSED
    assert verify(station, central, first) is VerifyEnd.VERIFIED


def test_a_receipt_of_a_store_that_was_restored_since_is_refused(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    station.ledger.remember(store_epoch="2")
    assert verify(station, central, asset_id) is VerifyEnd.RECEIPT_REFUSED


def test_a_receipt_of_an_epoch_not_yet_heard_of_waits_for_the_next_heartbeat(
    station: Station, central: MemoryCentral
) -> None:
    asset_id = uploaded(station, central)
    central.store_epoch = 2
    with pytest.raises(RetryLater) as raised:
        verify(station, central, asset_id)
    assert raised.value.code == "epoch_unknown"
    station.ledger.remember(store_epoch="2")
    assert verify(station, central, asset_id) is VerifyEnd.VERIFIED


def test_signed_nonsense_is_refused(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    content = json.dumps({"asset_id": str(asset_id)}).encode()
    signed = SignedStatement(content, central.store.key.sign(content), central.key_id)
    central.verify = lambda *_: signed  # type: ignore[method-assign]
    assert verify(station, central, asset_id) is VerifyEnd.RECEIPT_REFUSED


def test_three_mismatches_are_a_matter_for_a_person(station: Station, central: MemoryCentral) -> None:
    asset_id = station.stage(os.urandom(2 * MIB))
    central.faults.corrupts = True
    ends = []
    for _ in range(3):
        upload(station, central, asset_id)
        ends.append(verify(station, central, asset_id))
    assert ends == [VerifyEnd.MISMATCHED, VerifyEnd.MISMATCHED, VerifyEnd.QUARANTINED]
    asset = station.asset(asset_id)
    assert (asset.state, asset.reason, asset.spooled) == (State.QUARANTINED, "digest_mismatch", True)


def test_one_mismatch_leads_to_a_new_upload_that_succeeds(station: Station, central: MemoryCentral) -> None:
    asset_id = station.stage(os.urandom(2 * MIB))
    central.faults.corrupts = True
    upload(station, central, asset_id)
    assert verify(station, central, asset_id) is VerifyEnd.MISMATCHED
    central.faults.corrupts = False
    upload(station, central, asset_id)
    assert verify(station, central, asset_id) is VerifyEnd.VERIFIED


@pytest.mark.parametrize("on_card", [True, False])
def test_a_mismatch_by_a_copy_that_rotted_here_is_not_uploaded_again(
    station: Station, central: MemoryCentral, on_card: bool
) -> None:
    asset_id = station.stage(os.urandom(2 * MIB))
    station.rot(asset_id)
    upload(station, central, asset_id)
    if not on_card:
        station.take_off_card(asset_id)
    end = verify(station, central, asset_id)
    asset = station.asset(asset_id)
    if on_card:
        assert (end, asset.state, asset.spooled) == (VerifyEnd.COPY_GIVEN_UP, State.FOUND, False)
    else:
        assert (end, asset.state, asset.reason) == (VerifyEnd.QUARANTINED, State.QUARANTINED, "copy_rotten")


@pytest.mark.parametrize("how", ["unknown", "no_bytes", "incomplete"])
def test_what_central_does_not_have_whole_is_sent_again(station: Station, central: MemoryCentral, how: str) -> None:
    asset_id = uploaded(station, central)
    answer = central.verify
    if how == "unknown":
        central.verify = lambda *_: UnknownAsset()  # type: ignore[method-assign]
    elif how == "no_bytes":
        central.forget(asset_id)
    else:
        del next(iter(central.uploads.values())).content[100:]
    assert verify(station, central, asset_id) is VerifyEnd.STARTS_ANEW
    central.verify = answer  # type: ignore[method-assign]
    assert station.asset(asset_id).state is State.STAGED
    upload(station, central, asset_id)
    assert verify(station, central, asset_id) is VerifyEnd.VERIFIED


def test_a_central_that_calls_equal_bytes_different_is_not_believed(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    asset = station.asset(asset_id)
    central.verify = lambda *_: Mismatch(asset.sha256 or "", asset.size)  # type: ignore[method-assign]
    with pytest.raises(ProtocolViolation):
        verify(station, central, asset_id)
    assert station.asset(asset_id) == asset
