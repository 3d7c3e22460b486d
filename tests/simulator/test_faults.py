"""The faults that only the doubles can play: each does what its name says, once it is assigned."""

from __future__ import annotations

import hashlib
import threading
from contextlib import closing
from datetime import timedelta
from uuid import uuid4

import pytest

from agent.errors import (
    CardGone,
    CardUnreadable,
    ChunkRefused,
    ChunkTooLarge,
    LedgerBroken,
    ProtocolViolation,
    RetryLater,
    SpoolBroken,
    SpoolFull,
    UploadGone,
    UploadLocked,
)
from agent.pipeline.stage import copy_file
from agent.ports import Hashing, Mismatch, SignedStatement, UploadIntent, UploadState
from agent.rules.changes import WatchStarted
from agent.rules.footage import CardFile, StageOutcome, StageVerdict
from agent.rules.receipts import read_receipt
from simulator.cards import MemoryCard
from simulator.central import Faults, MemoryCentral
from simulator.clock import SimulatedClock
from simulator.disk import Inode
from simulator.ledger import MemoryLedger
from simulator.spool import MemorySpool, MemorySpooled
from tests.contract.orders import order_for

CONTENT = bytes(3_000_000)
VIDEO = b"DCIM/a.MP4"


# --- cards that change while they are read ----------------------------------------------------------------


def _stage(card: MemoryCard, spool: MemorySpool) -> StageOutcome:
    file = CardFile(VIDEO, len(CONTENT), card.files[VIDEO].mtime_ns)
    clock = SimulatedClock()
    return copy_file(
        card,
        spool,
        order_for(file),
        lambda _done: None,
        volume=card.volume,
        now=lambda: clock.now().wall,
        pause=lambda _seconds: None,
    )


@pytest.mark.parametrize("new_content", [CONTENT + b"more", CONTENT[:2_000_000], CONTENT[:-1] + b"x"])
def test_a_file_the_camera_still_writes_is_dropped(new_content: bytes) -> None:
    card, spool = MemoryCard({VIDEO: CONTENT}), MemorySpool()
    file = card.files[VIDEO]

    def write(offset: int) -> None:
        if offset >= 1 << 20:
            file.content, file.mtime_ns = new_content, file.mtime_ns + 1

    file.on_read = write
    assert _stage(card, spool).verdict is StageVerdict.CHANGED
    assert spool.disk.names == {}


def test_a_camera_pulled_in_the_middle_of_a_file_leaves_no_copy() -> None:
    card, spool = MemoryCard({VIDEO: CONTENT}), MemorySpool()

    def pull(offset: int) -> None:
        card.gone = offset > 0

    card.files[VIDEO].on_read = pull
    assert _stage(card, spool).verdict is StageVerdict.CARD_GONE
    assert spool.disk.names == {}


def test_a_volume_swapped_in_the_middle_of_an_unreadable_file_is_a_camera_that_left() -> None:
    card, spool = MemoryCard({VIDEO: CONTENT}), MemorySpool()
    card.files[VIDEO].unreadable_from = 1 << 20
    other = MemoryCard().volume
    volume = card.volume

    def swap(offset: int) -> None:
        card.volume = other if offset else volume

    card.files[VIDEO].on_read = swap
    assert _stage(card, spool).verdict is StageVerdict.CARD_GONE
    assert spool.disk.names == {}


def test_a_card_whose_sync_fails_says_so() -> None:
    card = MemoryCard()
    card.syncs_fail = True
    with pytest.raises(CardUnreadable):
        card.sync()
    card.gone = True
    with pytest.raises(CardGone):
        card.sync()


# --- a spool whose disk fails -----------------------------------------------------------------------------


@pytest.mark.parametrize(("fault", "verdict"), [("writes_fail", "spool_broken"), ("syncs_fail", "spool_broken")])
def test_a_copy_on_a_failing_disk_is_dropped_and_the_card_keeps_the_file(fault: str, verdict: str) -> None:
    card, spool = MemoryCard({VIDEO: CONTENT}), MemorySpool()
    setattr(spool.disk, fault, True)
    assert _stage(card, spool).verdict == verdict
    assert spool.disk.names == {}
    assert card.files[VIDEO].content == CONTENT


def test_a_disk_filled_from_elsewhere_ends_a_copy_that_had_not_reserved_enough() -> None:
    spool = MemorySpool(total=1000)
    copy = spool.begin(uuid4(), 100)
    with pytest.raises(SpoolFull):
        copy.write(memoryview(bytes(1001)))
    copy.abandon()
    assert spool.space().free == 1000


def test_a_failed_sync_drops_the_copy_even_when_the_next_sync_works() -> None:
    spool = MemorySpool()
    asset_id = uuid4()
    copy = spool.begin(asset_id, 5)
    copy.write(memoryview(b"12345"))
    spool.disk.syncs_fail = True
    with pytest.raises(SpoolBroken):
        copy.commit(b"{}", 5)
    spool.disk.syncs_fail = False
    assert spool.size(asset_id) is None


# --- a central that lets one down -------------------------------------------------------------------------


@pytest.fixture
def central() -> MemoryCentral:
    return MemoryCentral(SimulatedClock())


def _begun(central: MemoryCentral) -> tuple[UploadIntent, UploadState, MemorySpooled]:
    content = b"footage" * 1000
    intent = UploadIntent(uuid4(), len(content), 1, "BWC1", VIDEO)
    return intent, central.create(intent, b""), MemorySpooled(Inode(bytearray(content)))


def _uploaded(central: MemoryCentral) -> tuple[UploadIntent, str]:
    intent, state, source = _begun(central)
    central.append(state.url, 0, source, intent.size, intent.size)
    return intent, hashlib.sha256(b"footage" * 1000).hexdigest()


@pytest.mark.parametrize(
    ("fault", "value", "error"),
    [
        ("locked", True, UploadLocked),
        ("damages_chunks", 1, ChunkRefused),
        ("largest_chunk", 100, ChunkTooLarge),
        ("retry_after_s", 17.0, RetryLater),
    ],
)
def test_a_refused_chunk_stores_nothing(
    central: MemoryCentral, fault: str, value: object, error: type[Exception]
) -> None:
    intent, state, source = _begun(central)
    setattr(central.faults, fault, value)
    with pytest.raises(error):
        central.append(state.url, 0, source, intent.size, intent.size)
    central.faults = Faults()
    assert central.resume(state.url, intent.size).offset == 0


def test_the_wait_that_was_asked_for_travels_with_the_refusal(central: MemoryCentral) -> None:
    central.faults.retry_after_s = 17.0
    with pytest.raises(RetryLater) as refused:
        central.standing()
    assert refused.value.retry_after_s == 17.0


def test_a_lying_offset_is_never_believed(central: MemoryCentral) -> None:
    intent, state, source = _begun(central)
    central.faults.lies_about_offset = True
    with pytest.raises(ProtocolViolation):
        central.append(state.url, 0, source, 100, intent.size)


def test_an_upload_that_central_forgot_is_gone(central: MemoryCentral) -> None:
    intent, state, _ = _begun(central)
    central.forget(intent.asset_id)
    with pytest.raises(UploadGone):
        central.resume(state.url, intent.size)


def test_bytes_that_central_stored_wrongly_get_no_receipt(central: MemoryCentral) -> None:
    central.faults.corrupts = True
    intent, sha256 = _uploaded(central)
    answer = central.verify(intent.asset_id, sha256, intent.size)
    assert isinstance(answer, Mismatch)
    assert answer.sha256 != sha256
    assert sha256 not in central.objects


def test_hashing_takes_as_long_as_it_is_told(central: MemoryCentral) -> None:
    intent, sha256 = _uploaded(central)
    central.faults.hashes_for = 2
    answers = [central.verify(intent.asset_id, sha256, intent.size) for _ in range(3)]
    assert [type(answer) for answer in answers] == [Hashing, Hashing, SignedStatement]


def test_a_forged_receipt_is_not_signed_and_a_hold_is_told(central: MemoryCentral) -> None:
    intent, sha256 = _uploaded(central)
    central.holds.add(intent.asset_id)
    good = central.verify(intent.asset_id, sha256, intent.size)
    central.faults.forges = True
    forged = central.verify(intent.asset_id, sha256, intent.size)
    assert isinstance(good, SignedStatement)
    assert isinstance(forged, SignedStatement)
    assert (central.is_signed(good), central.is_signed(forged)) == (True, False)
    assert read_receipt(good.content).hold


# --- a ledger whose disk failed ---------------------------------------------------------------------------


def test_a_broken_ledger_writes_nothing_and_can_still_be_read() -> None:
    now = SimulatedClock().now()
    ledger = MemoryLedger(now)
    ledger.broken = True
    for attempt in (
        lambda: ledger.commit(WatchStarted(at=now, reason="start", sources=())),
        lambda: ledger.remember(alive_at="now"),
    ):
        with pytest.raises(LedgerBroken):
            attempt()
    assert len(ledger.events_after(0, 10)) == 1
    assert ledger.note("alive_at") is None


# --- time that moves only when told -----------------------------------------------------------------------


def test_what_was_planned_happens_at_its_instant_in_order() -> None:
    clock = SimulatedClock()
    start = clock.now().wall
    happened: list[tuple[str, float]] = []
    for name, at in (("late", 5.0), ("early", 2.0), ("never", 60.0)):
        clock.plan(at, lambda name=name: happened.append((name, (clock.now().wall - start).total_seconds())))
    clock.advance(10)
    assert happened == [("early", 2.0), ("late", 5.0)]
    assert clock.now().wall - start == timedelta(seconds=10)


def test_a_wait_lets_planned_things_happen_and_ends_when_one_answers_its_question() -> None:
    clock = SimulatedClock()
    start = clock.now().wall
    happened: list[int] = []
    clock.plan(2.0, lambda: happened.append(1))
    clock.wait(60.0, lambda: bool(happened))
    assert clock.now().wall - start == timedelta(seconds=2)


def test_a_wait_in_another_thread_lasts_until_time_was_moved_far_enough() -> None:
    clock = SimulatedClock(drives_itself=False)
    waited = threading.Event()

    def wait() -> None:
        clock.wait(10.0)
        waited.set()

    thread = threading.Thread(target=wait)
    thread.start()
    assert not waited.wait(0.1)
    clock.advance(9)
    assert not waited.wait(0.1)
    clock.advance(1)
    assert waited.wait(10)
    thread.join()


def test_a_reboot_starts_monotonic_time_again_and_a_set_wall_clock_does_not() -> None:
    clock = SimulatedClock()
    clock.measured(5.0, 1.0)
    before = clock.now()
    clock.set_wall(before.wall + timedelta(hours=1))
    assert clock.now().monotonic_ns == before.monotonic_ns
    clock.advance(100)
    clock.reboot()
    after = clock.now()
    assert after.boot_id != before.boot_id
    assert after.monotonic_ns <= before.monotonic_ns
    assert after.offset_ms is None


def test_a_spooled_copy_can_be_read_while_another_is_written() -> None:
    spool = MemorySpool()
    asset_id = uuid4()
    copy = spool.begin(asset_id, 5)
    copy.write(memoryview(b"12345"))
    copy.commit(b"{}", 5)
    with closing(spool.open(asset_id)) as reader:
        spool.begin(uuid4(), 5).write(memoryview(b"abcde"))
        assert reader.read_at(0, 5) == b"12345"
