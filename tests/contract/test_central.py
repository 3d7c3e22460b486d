"""The contract of `Central` and `ReceiptKeys`: no receipt for bytes that are not there."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from uuid import UUID

import pytest

from agent.errors import AuthRefused, Refused, RetryLater, UploadGone
from agent.ports import (
    Mismatch,
    SignedStatement,
    StoredEvent,
    UnknownAsset,
    UploadState,
)
from agent.rules.changes import WatchStarted
from agent.rules.receipts import read_receipt
from protocol.messages import ClockReading, Heartbeat, encode
from simulator.ledger import MemoryLedger
from tests.contract.central_world import NOW, Footage, World, append, receipted, upload, verify, world

__all__ = ["world"]


# --- verify and receipts ------------------------------------------------------------------------------


def test_a_receipt_says_exactly_what_is_stored(world: World) -> None:
    footage = Footage()
    upload(world, footage)
    statement = receipted(world, footage)
    fields = read_receipt(statement.content)
    assert (fields.asset_id, fields.sha256, fields.size) == (footage.asset_id, footage.sha256, footage.size)
    assert (fields.station, fields.hold, fields.key_id) == (world.station, False, statement.key_id)
    assert fields.store_epoch == world.central.standing()
    assert fields.stored_at.utcoffset() is not None
    assert world.stored(footage.sha256) == footage.content


def test_a_receipt_that_was_touched_is_not_believed(world: World) -> None:
    footage = Footage(size=1000)
    upload(world, footage)
    good = receipted(world, footage)
    touched = [
        SignedStatement(good.content.replace(b'"hold":false', b'"hold": false'), good.signature, good.key_id),
        SignedStatement(good.content, bytes([good.signature[0] ^ 1]) + good.signature[1:], good.key_id),
        SignedStatement(good.content, good.signature, "another-key"),
        SignedStatement(good.content, b"", good.key_id),
    ]
    assert [world.keys.is_signed(statement) for statement in touched] == [False] * 4


def test_no_receipt_is_given_before_the_last_byte(world: World) -> None:
    footage = Footage()
    append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(Refused):
        verify(world, footage)


def test_an_asset_central_never_heard_of_is_unknown(world: World) -> None:
    assert verify(world, Footage()) == UnknownAsset()


def test_another_digest_than_ours_ends_the_upload_and_the_next_begins_anew(world: World) -> None:
    footage = Footage()
    state = upload(world, footage)
    claimed = hashlib.sha256(b"what we read").hexdigest()
    assert verify(world, footage, claimed) == Mismatch(footage.sha256, footage.size)
    with pytest.raises(UploadGone):
        world.store.resume(state.url, footage.size)
    assert verify(world, footage, claimed) == Mismatch(footage.sha256, footage.size), "should the answer be lost"
    anew = world.store.create(footage.intent(attempt=2), b"")
    assert (anew.offset, anew.url == state.url) == (0, False)
    upload(world, footage, attempt=2)
    receipted(world, footage)


def test_a_receipt_can_be_asked_for_again(world: World) -> None:
    footage = Footage()
    upload(world, footage)
    one, two = (read_receipt(receipted(world, footage).content) for _ in range(2))
    assert (one.sha256, one.asset_id) == (two.sha256, two.asset_id)


def test_an_object_that_rotted_gets_no_receipt_and_the_good_bytes_replace_it(world: World) -> None:
    footage = Footage()
    upload(world, footage)
    receipted(world, footage)
    world.rot(footage.sha256)
    answer = verify(world, footage)
    assert isinstance(answer, Mismatch)
    assert answer.sha256 != footage.sha256
    upload(world, footage, attempt=2)
    receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_a_second_asset_is_never_deduplicated_onto_a_rotten_object(world: World) -> None:
    first = Footage()
    upload(world, first)
    receipted(world, first)
    world.rot(first.sha256)
    second = Footage(content=first.content)
    upload(world, second)
    receipted(world, second)
    assert world.stored(first.sha256) == first.content


def test_two_assets_of_the_same_bytes_have_two_receipts(world: World) -> None:
    one = Footage()
    other = Footage(content=one.content)
    for footage in (one, other):
        upload(world, footage)
    receipts = [read_receipt(receipted(world, footage).content) for footage in (one, other)]
    assert [receipt.asset_id for receipt in receipts] == [one.asset_id, other.asset_id]
    assert receipts[0].receipt_id != receipts[1].receipt_id


def test_after_a_restore_receipts_carry_the_new_epoch(world: World) -> None:
    footage = Footage()
    upload(world, footage)
    before = read_receipt(receipted(world, footage).content).store_epoch
    world.raise_epoch()
    assert world.central.standing() > before
    assert read_receipt(receipted(world, footage).content).store_epoch == world.central.standing()


# --- every other call -----------------------------------------------------------------------------------


def _events(count: int) -> tuple[UUID, tuple[StoredEvent, ...]]:
    ledger = MemoryLedger(NOW)
    for number in range(count - 1):
        ledger.commit(WatchStarted(at=NOW, reason=f"start {number}", sources=("folder",)))
    return ledger.uuid, ledger.events_after(0, count)


def test_events_are_taken_once_however_often_they_are_sent(world: World) -> None:
    ledger, events = _events(6)
    assert world.central.post_events(events[:4], ledger) == 4
    assert world.central.post_events(events[:4], ledger) == 4
    assert world.central.post_events(events[2:], ledger) == 6
    heads = {uuid: (number, digest) for uuid, number, digest in world.central.ledger_heads()}
    assert heads[ledger] == (6, events[-1].hash.hex())


def test_nothing_past_a_gap_is_acknowledged(world: World) -> None:
    ledger, events = _events(6)
    world.central.post_events(events[:2], ledger)
    assert world.central.post_events(events[4:], ledger) == 2
    world.central.post_events(events[2:4], ledger)
    assert world.central.post_events(events, ledger) == 6


def test_another_event_in_the_same_place_is_a_fork(world: World) -> None:
    ledger, events = _events(3)
    world.central.post_events(events, ledger)
    other = MemoryLedger(NOW)
    other.uuid = ledger
    other.commit(WatchStarted(at=NOW, reason="another history", sources=()))
    forged = other.events_after(1, 1)
    with pytest.raises(Refused) as refused:
        world.central.post_events(forged, ledger)
    assert refused.value.code == "fork"
    assert world.central.post_events(events, ledger) == 3


def test_what_was_verified_is_found_by_camera_path_and_digest(world: World) -> None:
    footage = Footage(path=b"DCIM/\xff\n.MP4")
    upload(world, footage)
    receipted(world, footage)
    claims = [
        (footage.camera, footage.path, footage.sha256, footage.size),
        ("another", footage.path, footage.sha256, footage.size),
        (footage.camera, b"DCIM/other.MP4", footage.sha256, footage.size),
        (footage.camera, footage.path, "0" * 64, footage.size),
    ]
    assert world.central.lookup(claims) == [footage.asset_id, None, None, None]
    assert world.central.lookup([]) == []


def test_a_heartbeat_is_answered_with_the_time_and_the_epoch(world: World) -> None:
    at = ClockReading(wall=NOW.wall, monotonic_ns=1, boot_id="boot-1")
    reply = world.central.post_heartbeat(encode(Heartbeat(sequence=1, version="0.1.0", at=at, uptime_s=1.0)))
    assert abs(reply.server_time - NOW.wall) < timedelta(hours=1)
    assert reply.store_epoch == world.central.standing()
    assert reply.round_trip_ms >= 0


def test_a_roster_comes_once_until_it_changes(world: World) -> None:
    first = world.central.roster("")
    assert first is not None
    content, etag = first
    assert b"policy_revision" in content
    assert etag
    assert world.central.roster(etag) is None
    assert world.central.roster('"another"') is not None


# --- trouble with every call ------------------------------------------------------------------------------


def _every_call(world: World, footage: Footage, url: str) -> list[object]:
    """Each call as a function; none of them may have an effect."""
    ledger, events = _events(1)
    return [
        lambda: world.store.create(Footage().intent(), b""),
        lambda: world.store.resume(url, footage.size),
        lambda: append(world, footage, UploadState(url, 0)),
        lambda: world.central.verify(footage.asset_id, footage.sha256, footage.size),
        lambda: world.central.lookup([(footage.camera, footage.path, footage.sha256, footage.size)]),
        lambda: world.central.post_events(events, ledger),
        lambda: world.central.ledger_heads(),
        lambda: world.central.standing(),
        lambda: world.central.post_heartbeat(b"{}"),
        lambda: world.central.roster(""),
    ]


def test_while_central_is_away_every_call_says_later_and_afterwards_all_is_as_before(world: World) -> None:
    footage = Footage()
    state = append(world, footage, world.store.create(footage.intent(), b""))
    world.away(True)
    for call in _every_call(world, footage, state.url):
        with pytest.raises(RetryLater):
            call()  # type: ignore[operator]
    world.away(False)
    assert world.store.resume(state.url, footage.size) == state


def test_a_credential_that_is_not_accepted_is_told_apart_from_everything_else(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    world.refuse_credential()
    for call in _every_call(world, footage, state.url):
        with pytest.raises(AuthRefused):
            _told(call)


def _told(call: object) -> None:
    """What central says, also where it had just ended a connection that rested too long."""
    try:
        call()  # type: ignore[operator]
    except RetryLater:
        call()  # type: ignore[operator]
