"""What a verification says and records of each way in which it ends: the names that people and central will read."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from agent.errors import ProtocolViolation, Refused, RetryLater
from agent.pipeline.verify import VerifyDoors, VerifyEnd, VerifyOutcome, verify_asset
from agent.ports import Mismatch, SignedStatement, UnknownAsset
from agent.rules.footage import State
from protocol.events import decode_body
from simulator.central import MemoryCentral
from tests.upload.station import STATION, Station
from tests.upload.test_verify_asset import central, upload, uploaded

__all__ = ["central"]
OTHER = Mismatch("b" * 64, 5)


def asked(station: Station, central: MemoryCentral, asset_id: UUID, refused_before: str = "") -> VerifyOutcome:
    doors = VerifyDoors(station.ledger, central, central, station.spool, station.clock, STATION)
    return verify_asset(station.asset(asset_id), doors, refused_before)


def recorded(station: Station) -> list[Any]:
    """The bodies of all events so far."""
    return [decode_body(event.body) for event in station.ledger.events_after(0, 1000)]


def answering(central: MemoryCentral, answer: object) -> None:
    central.verify = lambda *_: answer  # type: ignore[method-assign]


def test_central_is_asked_about_exactly_our_bytes(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    questions: list[tuple[object, ...]] = []
    answer = central.verify
    central.verify = lambda *question: (questions.append(question), answer(*question))[1]  # type: ignore[method-assign]
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.VERIFIED)
    asset = station.asset(asset_id)
    assert questions == [(asset_id, asset.sha256, asset.size)]


def test_while_central_hashes_it_says_when_to_come_back(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    central.faults.hashes_for = 1
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.HASHING, wait_s=0.1)


def test_an_unknown_asset_starts_anew_and_says_why(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    answering(central, UnknownAsset())
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.STARTS_ANEW, reason="unknown_asset")
    assert station.asset(asset_id).state is State.STAGED


@pytest.mark.parametrize("code", ["no_upload", "upload_incomplete"])
def test_missing_bytes_start_anew_under_centrals_own_word(
    station: Station, central: MemoryCentral, code: str
) -> None:
    asset_id = uploaded(station, central)

    def refuse(*_: object) -> object:
        raise Refused("not all bytes", code=code)

    central.verify = refuse  # type: ignore[method-assign, assignment]
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.STARTS_ANEW, reason=code)


def test_any_other_refusal_changes_nothing(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    before = station.asset(asset_id)

    def refuse(*_: object) -> object:
        raise Refused("no", code="other")

    central.verify = refuse  # type: ignore[method-assign, assignment]
    with pytest.raises(Refused):
        asked(station, central, asset_id)
    assert station.asset(asset_id) == before


def refusals(station: Station) -> list[str]:
    return [event.reason for event in recorded(station) if type(event).__name__ == "ReceiptRefused"]


def test_a_refused_receipt_is_named_and_recorded_once_for_each_reason(
    station: Station, central: MemoryCentral
) -> None:
    asset_id = uploaded(station, central)
    central.faults.forges = True
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.RECEIPT_REFUSED, reason="bad_signature")
    assert refusals(station) == ["bad_signature"]
    asked(station, central, asset_id, "bad_signature")
    assert refusals(station) == ["bad_signature"]
    asked(station, central, asset_id, "other_epoch")
    assert refusals(station) == ["bad_signature", "bad_signature"]
    content = json.dumps({"asset_id": str(asset_id)}).encode()
    answering(central, SignedStatement(content, central.store.key.sign(content), central.key_id))
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.RECEIPT_REFUSED, reason="unreadable")
    assert refusals(station)[2:] == ["unreadable"]


def test_a_receipt_of_an_earlier_epoch_is_refused_as_such(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    station.ledger.remember(store_epoch="2")
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.RECEIPT_REFUSED, reason="other_epoch")


@pytest.mark.parametrize("knows", [True, False])
def test_an_epoch_that_is_not_known_yet_is_waited_for(station: Station, central: MemoryCentral, knows: bool) -> None:
    asset_id = uploaded(station, central)
    if knows:
        central.store_epoch = 2
        said = "Central's store epoch is newer than this station knows."
    else:
        station.ledger.note = lambda _name: None  # type: ignore[method-assign]
        said = "Central has not yet told its store epoch."
    with pytest.raises(RetryLater) as raised:
        asked(station, central, asset_id)
    assert (str(raised.value), raised.value.code) == (said, "epoch_unknown")
    assert station.asset(asset_id).state is State.UPLOADED


def test_a_mismatch_is_recorded_with_what_central_holds(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    answering(central, OTHER)
    assert asked(station, central, asset_id) == VerifyOutcome(VerifyEnd.MISMATCHED, reason="digest_mismatch")
    (event,) = [event for event in recorded(station) if type(event).__name__ == "UploadMismatched"]
    assert event.central_sha256 == OTHER.sha256


@pytest.mark.parametrize("same", [{"sha256": "b" * 64}, {"size": 5}])
def test_one_of_digest_and_size_differing_is_a_mismatch(
    station: Station, central: MemoryCentral, same: dict[str, Any]
) -> None:
    asset_id = uploaded(station, central)
    asset = station.asset(asset_id)
    answering(central, replace(Mismatch(asset.sha256 or "", asset.size), **same))
    assert asked(station, central, asset_id).end is VerifyEnd.MISMATCHED


def test_equal_bytes_called_different_are_no_mismatch(station: Station, central: MemoryCentral) -> None:
    asset_id = uploaded(station, central)
    asset = station.asset(asset_id)
    answering(central, Mismatch(asset.sha256 or "", asset.size))
    with pytest.raises(ProtocolViolation, match=r"^Central calls equal bytes different. Nothing was changed.$"):
        asked(station, central, asset_id)


def test_the_third_mismatch_is_quarantined_under_its_reason(station: Station, central: MemoryCentral) -> None:
    asset_id = station.stage(os.urandom(1000))
    ends = []
    for _ in range(3):
        central.verify = MemoryCentral.verify.__get__(central)  # type: ignore[method-assign]
        upload(station, central, asset_id)
        answering(central, OTHER)
        ends.append(asked(station, central, asset_id))
    again = VerifyOutcome(VerifyEnd.MISMATCHED, reason="digest_mismatch")
    assert ends == [again, again, VerifyOutcome(VerifyEnd.QUARANTINED, reason="digest_mismatch")]
    assert station.asset(asset_id).reason == "digest_mismatch"


@pytest.mark.parametrize("on_card", [True, False])
def test_a_copy_that_rotted_here_is_named_as_such(station: Station, central: MemoryCentral, on_card: bool) -> None:
    asset_id = uploaded(station, central)
    station.rot(asset_id)
    if not on_card:
        station.take_off_card(asset_id)
    answering(central, OTHER)
    end = VerifyEnd.COPY_GIVEN_UP if on_card else VerifyEnd.QUARANTINED
    assert asked(station, central, asset_id) == VerifyOutcome(end, reason="copy_rotten")
    reasons = [
        event.reason for event in recorded(station) if type(event).__name__ in ("CopyLost", "AssetQuarantined")
    ]
    assert reasons == ["copy_rotten"]
