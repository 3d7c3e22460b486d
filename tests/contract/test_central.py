"""The contract of `FootageStore`, `Central` and `ReceiptKeys`: no receipt for bytes that are not there."""

from __future__ import annotations

import hashlib
import random
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from agent.adapters.central_api import CentralApi, uploads_url
from agent.adapters.http_session import HttpSession
from agent.adapters.receipt_keys import PinnedKeys
from agent.adapters.tus import TusStore
from agent.errors import AuthRefused, OffsetConflict, ProtocolViolation, Refused, RetryLater, UploadGone
from agent.ports import (
    Central,
    FootageStore,
    Hashing,
    Mismatch,
    ReceiptKeys,
    SignedStatement,
    StoredEvent,
    UnknownAsset,
    UploadIntent,
    UploadState,
    VerifyAnswer,
)
from agent.rules.changes import WatchStarted
from agent.rules.footage import Instant
from agent.rules.receipts import read_receipt
from protocol.messages import ClockReading, Heartbeat, encode
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from simulator.disk import Inode
from simulator.ledger import MemoryLedger
from simulator.spool import MemorySpooled
from tests.contract.conftest import RunningCentral
from tests.contract.deadline import eventually

CHUNK = 256 * 1024
NOW = Instant(datetime.now(UTC), 1_000, "boot-1")


class World(ABC):
    store: FootageStore
    central: Central
    keys: ReceiptKeys
    station: str

    @abstractmethod
    def away(self, is_away: bool) -> None: ...
    @abstractmethod
    def refuse_credential(self) -> None: ...
    @abstractmethod
    def cut_next_body(self, after: int) -> None:
        """The connection breaks after about so many bytes."""

    @abstractmethod
    def lose_next_answer(self) -> None:
        """Central does what it was asked, and its answer is lost."""

    @abstractmethod
    def stored(self, sha256: str) -> bytes | None:
        """What central holds under this name, unverified."""

    @abstractmethod
    def rot(self, sha256: str) -> None:
        """Flip a bit in a stored object."""

    @abstractmethod
    def raise_epoch(self) -> None: ...
    @abstractmethod
    def close(self) -> None: ...


class InMemory(World):
    def __init__(self) -> None:
        self._central = MemoryCentral(SimulatedClock(NOW.wall))
        self.store = self.central = self.keys = self._central
        self.station = self._central.station

    def away(self, is_away: bool) -> None:
        self._central.faults.away = is_away

    def refuse_credential(self) -> None:
        self._central.faults.refuses_credential = True

    def cut_next_body(self, after: int) -> None:
        self._central.faults.cuts_after = after

    def lose_next_answer(self) -> None:
        self._central.faults.loses_answers = 1

    def stored(self, sha256: str) -> bytes | None:
        found = self._central.objects.get(sha256)
        return None if found is None else bytes(found)

    def rot(self, sha256: str) -> None:
        self._central.objects[sha256][0] ^= 1

    def raise_epoch(self) -> None:
        self._central.store_epoch += 1

    def close(self) -> None: ...


class OverTheNetwork(World):
    def __init__(self, running: RunningCentral) -> None:
        self._running = running
        self._credential = running.enrolled.credential
        self._http = HttpSession(running.url, credential=lambda: self._credential, stall_s=30.0)
        self.store = TusStore(self._http, uploads_url(running.url))
        self.central = CentralApi(self._http, running.url)
        self.keys = PinnedKeys([running.enrolled.receipt_key])
        self.station = running.enrolled.station

    def away(self, is_away: bool) -> None:
        self._running.proxy.away = is_away

    def refuse_credential(self) -> None:
        self._credential = "wrong"

    def cut_next_body(self, after: int) -> None:
        self._running.proxy.cut_after = after

    def lose_next_answer(self) -> None:
        self._running.proxy.swallow_answer = True

    def stored(self, sha256: str) -> bytes | None:
        path = self._running.server.objects().get(sha256)
        return None if path is None else path.read_bytes()

    def rot(self, sha256: str) -> None:
        path = self._running.server.objects()[sha256]
        content = bytearray(path.read_bytes())
        content[0] ^= 1
        path.chmod(0o600)
        path.write_bytes(content)

    def raise_epoch(self) -> None:
        done = self._running.server.command("epoch", "raise")
        assert done.returncode == 0, done.stderr

    def close(self) -> None:
        proxy = self._running.proxy
        proxy.away, proxy.cut_after, proxy.swallow_answer = False, None, False
        self._http.close()


@pytest.fixture(params=["memory", "network"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    made: World = (
        InMemory() if request.param == "memory" else OverTheNetwork(request.getfixturevalue("running_central"))
    )
    with closing(made):
        yield made


class Footage:
    """One asset and its bytes."""

    def __init__(self, size: int = 600_000, content: bytes | None = None, path: bytes = b"DCIM/\xff a.MP4") -> None:
        self.content = random.randbytes(size) if content is None else content
        self.asset_id = uuid4()
        self.sha256 = hashlib.sha256(self.content).hexdigest()
        self.size = len(self.content)
        self.camera = f"BWC-{self.asset_id.hex[:8]}"
        self.path = path

    def intent(self, attempt: int = 1, size: int | None = None) -> UploadIntent:
        return UploadIntent(self.asset_id, self.size if size is None else size, attempt, self.camera, self.path)


def _append(world: World, footage: Footage, state: UploadState, length: int = CHUNK) -> UploadState:
    source = MemorySpooled(Inode(bytearray(footage.content)))
    length = min(length, footage.size - state.offset)
    return world.store.append(state.url, state.offset, source, length, footage.size)


def _upload(world: World, footage: Footage, attempt: int = 1) -> UploadState:
    state = world.store.create(footage.intent(attempt), b"")
    while not state.complete:
        state = _append(world, footage, state)
    return state


def _verify(world: World, footage: Footage, sha256: str = "") -> VerifyAnswer:
    answers: list[VerifyAnswer] = []

    def is_answered() -> bool:
        answers.append(world.central.verify(footage.asset_id, sha256 or footage.sha256, footage.size))
        return not isinstance(answers[-1], Hashing)

    eventually(is_answered)
    return answers[-1]


def _receipted(world: World, footage: Footage) -> SignedStatement:
    answer = _verify(world, footage)
    assert isinstance(answer, SignedStatement)
    assert world.keys.is_signed(answer)
    return answer


# --- uploads ------------------------------------------------------------------------------------------


def test_an_upload_goes_from_its_first_byte_to_its_last(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    assert (state.offset, state.complete) == (0, False)
    offsets = []
    while not state.complete:
        state = _append(world, footage, state)
        offsets.append(state.offset)
        assert world.store.resume(state.url, footage.size) == state
    assert offsets == [CHUNK, 2 * CHUNK, footage.size]


def test_creating_twice_gives_the_same_upload(world: World) -> None:
    footage = Footage()
    first = world.store.create(footage.intent(), b"")
    half = _append(world, footage, first)
    again = world.store.create(footage.intent(), b"")
    assert again == half
    other = world.store.create(Footage().intent(), b"")
    assert other.url != first.url


def test_the_same_asset_with_another_length_is_refused(world: World) -> None:
    footage = Footage()
    state = _append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(Refused):
        world.store.create(footage.intent(size=footage.size + 1), b"")
    assert world.store.resume(state.url, footage.size) == state


def test_a_small_file_travels_with_its_creation(world: World) -> None:
    footage = Footage(size=1000)
    state = world.store.create(footage.intent(), footage.content)
    assert (state.offset, state.complete) == (1000, True)
    _receipted(world, footage)


def test_an_empty_file_is_an_upload_like_any_other(world: World) -> None:
    footage = Footage(content=b"")
    assert _upload(world, footage).complete
    assert read_receipt(_receipted(world, footage).content).size == 0


@pytest.mark.parametrize("offset", [0, CHUNK - 1, CHUNK + 1])
def test_bytes_at_another_offset_than_central_has_change_nothing(world: World, offset: int) -> None:
    footage = Footage()
    state = _append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(OffsetConflict):
        _append(world, footage, UploadState(state.url, offset))
    assert world.store.resume(state.url, footage.size) == state


def test_an_upload_central_does_not_know_is_gone(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    unknown = state.url[:-36] + str(uuid4())
    with pytest.raises(UploadGone):
        world.store.resume(unknown, footage.size)
    with pytest.raises(UploadGone):
        _append(world, footage, UploadState(unknown, 0))


def test_an_upload_of_another_length_than_ours_is_not_believed(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    with pytest.raises(ProtocolViolation):
        world.store.resume(state.url, footage.size + 1)


def test_a_body_cut_short_never_counts_for_more_than_was_sent_and_goes_on(world: World) -> None:
    footage = Footage()
    state = _append(world, footage, world.store.create(footage.intent(), b""), 1000)
    world.cut_next_body(100_000)
    with pytest.raises(RetryLater):
        _append(world, footage, state)
    resumed = world.store.resume(state.url, footage.size)
    assert 1000 <= resumed.offset <= 1000 + 100_000
    while not resumed.complete:
        resumed = _append(world, footage, resumed)
    _receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_what_failed_but_was_stored_anyway_is_found_when_asked(world: World) -> None:
    footage = Footage()
    state = _append(world, footage, world.store.create(footage.intent(), b""), 1000)
    world.lose_next_answer()
    with pytest.raises(RetryLater):
        _append(world, footage, state, footage.size)
    resumed = world.store.resume(state.url, footage.size)
    assert resumed.complete
    _receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_a_copy_that_ends_too_early_is_the_spools_fault_and_advances_nothing_past_it(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    short = MemorySpooled(Inode(bytearray(footage.content[:100])))
    with pytest.raises(Exception, match="ends at 100"):
        world.store.append(state.url, 0, short, CHUNK, footage.size)
    assert world.store.resume(state.url, footage.size).offset <= 100


# --- verify and receipts ------------------------------------------------------------------------------


def test_a_receipt_says_exactly_what_is_stored(world: World) -> None:
    footage = Footage()
    _upload(world, footage)
    statement = _receipted(world, footage)
    fields = read_receipt(statement.content)
    assert (fields.asset_id, fields.sha256, fields.size) == (footage.asset_id, footage.sha256, footage.size)
    assert (fields.station, fields.hold, fields.key_id) == (world.station, False, statement.key_id)
    assert fields.store_epoch == world.central.standing()
    assert fields.stored_at.utcoffset() is not None
    assert world.stored(footage.sha256) == footage.content


def test_a_receipt_that_was_touched_is_not_believed(world: World) -> None:
    footage = Footage(size=1000)
    _upload(world, footage)
    good = _receipted(world, footage)
    touched = [
        SignedStatement(good.content.replace(b'"hold":false', b'"hold": false'), good.signature, good.key_id),
        SignedStatement(good.content, bytes([good.signature[0] ^ 1]) + good.signature[1:], good.key_id),
        SignedStatement(good.content, good.signature, "another-key"),
        SignedStatement(good.content, b"", good.key_id),
    ]
    assert [world.keys.is_signed(statement) for statement in touched] == [False] * 4


def test_no_receipt_is_given_before_the_last_byte(world: World) -> None:
    footage = Footage()
    _append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(Refused):
        _verify(world, footage)


def test_an_asset_central_never_heard_of_is_unknown(world: World) -> None:
    assert _verify(world, Footage()) == UnknownAsset()


def test_another_digest_than_ours_ends_the_upload_and_the_next_begins_anew(world: World) -> None:
    footage = Footage()
    state = _upload(world, footage)
    claimed = hashlib.sha256(b"what we read").hexdigest()
    assert _verify(world, footage, claimed) == Mismatch(footage.sha256, footage.size)
    with pytest.raises(UploadGone):
        world.store.resume(state.url, footage.size)
    assert _verify(world, footage, claimed) == Mismatch(footage.sha256, footage.size), "should the answer be lost"
    anew = world.store.create(footage.intent(attempt=2), b"")
    assert (anew.offset, anew.url == state.url) == (0, False)
    _upload(world, footage, attempt=2)
    _receipted(world, footage)


def test_a_receipt_can_be_asked_for_again(world: World) -> None:
    footage = Footage()
    _upload(world, footage)
    one, two = (read_receipt(_receipted(world, footage).content) for _ in range(2))
    assert (one.sha256, one.asset_id) == (two.sha256, two.asset_id)


def test_an_object_that_rotted_gets_no_receipt_and_the_good_bytes_replace_it(world: World) -> None:
    footage = Footage()
    _upload(world, footage)
    _receipted(world, footage)
    world.rot(footage.sha256)
    answer = _verify(world, footage)
    assert isinstance(answer, Mismatch)
    assert answer.sha256 != footage.sha256
    _upload(world, footage, attempt=2)
    _receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_a_second_asset_is_never_deduplicated_onto_a_rotten_object(world: World) -> None:
    first = Footage()
    _upload(world, first)
    _receipted(world, first)
    world.rot(first.sha256)
    second = Footage(content=first.content)
    _upload(world, second)
    _receipted(world, second)
    assert world.stored(first.sha256) == first.content


def test_two_assets_of_the_same_bytes_have_two_receipts(world: World) -> None:
    one = Footage()
    other = Footage(content=one.content)
    for footage in (one, other):
        _upload(world, footage)
    receipts = [read_receipt(_receipted(world, footage).content) for footage in (one, other)]
    assert [receipt.asset_id for receipt in receipts] == [one.asset_id, other.asset_id]
    assert receipts[0].receipt_id != receipts[1].receipt_id


def test_after_a_restore_receipts_carry_the_new_epoch(world: World) -> None:
    footage = Footage()
    _upload(world, footage)
    before = read_receipt(_receipted(world, footage).content).store_epoch
    world.raise_epoch()
    assert world.central.standing() > before
    assert read_receipt(_receipted(world, footage).content).store_epoch == world.central.standing()


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
    _upload(world, footage)
    _receipted(world, footage)
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
        lambda: _append(world, footage, UploadState(url, 0)),
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
    state = _append(world, footage, world.store.create(footage.intent(), b""))
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
            call()  # type: ignore[operator]
