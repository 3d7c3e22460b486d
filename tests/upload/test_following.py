"""An upload that follows a copy under way: real ledger and spool, central in memory, one slice after another."""

from __future__ import annotations

import os
from collections.abc import Callable
from uuid import UUID

import pytest

from agent.errors import DockError, Refused, SpoolBroken
from agent.pipeline.central_gate import CentralGate
from agent.pipeline.follow import follow_slice
from agent.pipeline.growing import Growing
from agent.pipeline.throttle import Throttle
from agent.pipeline.upload import SliceEnd, UploadDoors, UploadPlace
from agent.pipeline.upload_work import UploadWork
from agent.pipeline.verify import VerifyDoors, VerifyEnd, verify_asset
from agent.ports import UploadIntent, UploadState
from agent.rules.changes import AssetGone
from agent.rules.footage import Asset, State
from agent.rules.poison import TRIES
from simulator.central import MemoryCentral
from simulator.clock import SimulatedClock
from tests.upload.copying import Copying
from tests.upload.station import STATION, Station

MIB = 1 << 20
FOLLOW_FROM = MIB
STEP = FOLLOW_FROM // 8
SIZE = 3 * MIB


class Counting(MemoryCentral):
    """Remembers every upload that was begun, and can refuse."""

    def __init__(self, station: Station) -> None:
        super().__init__(station.clock, STATION)
        self.begun: list[UploadIntent] = []
        self.refusal: DockError | None = None

    def create(self, intent: UploadIntent, first: bytes) -> UploadState:
        if self.refusal:
            raise self.refusal
        self.begun.append(intent)
        return super().create(intent, first)


class Sending:
    """A process that uploads, and the copies that are made beside it. `restarted` is the next one."""

    def __init__(self, station: Station, central: Counting) -> None:
        self.station, self.central = station, central
        self.restarted()

    def restarted(self) -> None:
        station = self.station
        self.growing = Growing(FOLLOW_FROM)
        self.doors = UploadDoors(station.ledger, station.spool, self.central, station.clock)
        # "Stopping": a worker that may not wait parks its asset and comes back.
        throttle = Throttle([], station.clock, lambda: False)
        self.work = UploadWork(self.doors, CentralGate(), throttle, lambda: True, self.growing)

    def copy(self, content: bytes, asset_id: UUID | None = None) -> Copying:
        return Copying(self.station, self.growing, content, asset_id)

    def run(self) -> None:
        """Until no upload can go on."""
        self.work.wake()
        self.work._read_ns = None
        for _ in range(1000):
            if not self.work.run_one():
                return
        raise AssertionError("it never ends")

    def arrived(self, asset_id: UUID) -> bytes:
        (upload,) = [one for one in self.central.uploads.values() if one.intent.asset_id == asset_id]
        return bytes(upload.content)

    def receipt(self, asset_id: UUID) -> Asset:
        """Ask for it until it is there."""
        station = self.station
        doors = VerifyDoors(station.ledger, self.central, self.central, station.spool, station.clock, STATION)
        assert verify_asset(station.asset(asset_id), doors).end is VerifyEnd.VERIFIED
        return station.asset(asset_id)


@pytest.fixture
def sending(station: Station) -> Sending:
    station.clock = SimulatedClock()
    return Sending(station, Counting(station))


def test_an_upload_follows_its_file_and_ends_once_that_is_staged(sending: Sending, station: Station) -> None:
    content = os.urandom(SIZE)
    copying = sending.copy(content)
    for _ in range(4):
        copying.write(SIZE // 4)
        sending.run()
        sent = sending.arrived(copying.asset_id)
        assert copying.written - STEP <= len(sent) < SIZE
        assert content.startswith(sent)
        asset = station.asset(copying.asset_id)
        assert (asset.state, asset.upload_attempt, asset.upload_url) == (State.FOUND, 1, None)
    assert len(sent) == SIZE - 1, "all but the last byte"
    copying.stage()
    sending.run()
    assert station.asset(copying.asset_id).state is State.UPLOADED
    assert len(sending.central.begun) == 1, "one upload from its first byte to its last"
    assert sending.receipt(copying.asset_id).mismatches == 0


def test_too_little_is_not_sent_and_a_small_file_is_not_followed(sending: Sending, station: Station) -> None:
    copying, small = sending.copy(os.urandom(SIZE)), sending.copy(os.urandom(FOLLOW_FROM - 1))
    copying.write(STEP - 1)
    small.write(FOLLOW_FROM // 2)
    sending.run()
    assert sending.central.begun == []
    assert station.asset(small.asset_id).upload_attempt == 0
    assert sending.work.waiting() == (0, 0), "what is not staged does not wait for its upload"
    for copy in (copying, small):
        copy.stage()
    sending.run()
    assert {station.asset(copy.asset_id).state for copy in (copying, small)} == {State.UPLOADED}


def test_what_is_staged_goes_before_what_is_being_copied(sending: Sending, station: Station) -> None:
    copying = sending.copy(os.urandom(SIZE))
    copying.write(MIB)
    staged = station.stage(os.urandom(5 * MIB))
    sending.run()
    assert [intent.asset_id for intent in sending.central.begun] == [staged, copying.asset_id]
    assert station.asset(staged).state is State.UPLOADED


@pytest.mark.parametrize("follows_again", [True, False])
def test_a_copy_that_is_dropped_takes_its_upload_along(
    sending: Sending, station: Station, follows_again: bool
) -> None:
    first, second = os.urandom(SIZE), os.urandom(SIZE)
    copying = sending.copy(first)
    copying.write(2 * MIB)
    sending.run()
    copying.drop()
    sending.run()
    later = sending.copy(second, copying.asset_id)
    if follows_again:
        later.write(MIB)
        sending.run()
        assert second.startswith(sending.arrived(copying.asset_id))
    later.stage()
    sending.run()
    assert [intent.attempt for intent in sending.central.begun] == [1, 2]
    assert sending.arrived(copying.asset_id) == second
    assert sending.receipt(copying.asset_id).mismatches == 0


def test_a_file_that_has_grown_meanwhile_is_sent_as_it_is_now(sending: Sending) -> None:
    copying = sending.copy(os.urandom(SIZE))
    copying.write(2 * MIB)
    sending.run()
    copying.drop()
    longer = os.urandom(SIZE + 5)
    later = sending.copy(longer, copying.asset_id)
    later.write(MIB)
    sending.run()
    later.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == longer


def test_after_a_crash_the_upload_begins_anew(sending: Sending, station: Station) -> None:
    """What was sent may be more than the disk kept, and nobody can say whether the card is still the same."""
    copying = sending.copy(os.urandom(SIZE))
    copying.write(2 * MIB)
    sending.run()
    station.spool.sweep()
    sending.restarted()
    sending.run()
    assert station.asset(copying.asset_id).upload_url is None
    later = sending.copy(content := os.urandom(SIZE), copying.asset_id)
    later.write(2 * MIB)
    sending.run()
    later.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == content
    assert sending.receipt(copying.asset_id).mismatches == 0


def test_a_crash_between_staged_and_the_end_of_its_upload_sends_it_anew(sending: Sending) -> None:
    copying = sending.copy(content := os.urandom(SIZE))
    copying.write(2 * MIB)
    sending.run()
    copying.stage()
    sending.restarted()
    sending.run()
    assert [intent.attempt for intent in sending.central.begun] == [1, 2]
    assert sending.arrived(copying.asset_id) == content
    assert sending.receipt(copying.asset_id).mismatches == 0


def test_no_byte_of_a_later_copy_enters_an_earlier_ones_upload(sending: Sending, station: Station) -> None:
    """The slice had chosen its copy when that was dropped; its name is another copy's by now."""
    copying = sending.copy(os.urandom(SIZE))
    copying.write(MIB)
    place = UploadPlace()
    asset = station.asset(copying.asset_id)
    assert follow_slice(asset, copying.growth, place, sending.doors).end is SliceEnd.ADVANCED
    sent = sending.arrived(copying.asset_id)
    copying.growth.grew(2 * MIB)
    copying.drop()
    sending.copy(os.urandom(SIZE), copying.asset_id).write(2 * MIB)
    assert follow_slice(asset, copying.growth, place, sending.doors).end is SliceEnd.NOT_YET
    assert sending.arrived(copying.asset_id) == sent


def refused(sending: Sending) -> None:
    sending.central.refusal = Refused("Not this one.", code="upload_refused")


def damaged(sending: Sending) -> None:
    sending.central.faults.damages_chunks = 3


def lying(sending: Sending) -> None:
    sending.central.faults.claims_all = True


TROUBLES: list[Callable[[Sending], None]] = [refused, damaged, lying]


@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.__name__)
def test_trouble_while_it_follows_is_held_against_no_file(
    sending: Sending, station: Station, trouble: Callable[[Sending], None]
) -> None:
    copying = sending.copy(content := os.urandom(SIZE))
    copying.write(2 * MIB)
    trouble(sending)
    for _ in range(3 * TRIES):
        sending.run()
        station.clock.advance(400)  # type: ignore[attr-defined]
    asset = station.asset(copying.asset_id)
    assert (asset.state, asset.reason, asset.mismatches) == (State.FOUND, "", 0)
    sending.central.refusal = None
    sending.central.faults.claims_all = False
    copying.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == content
    assert sending.receipt(copying.asset_id).mismatches == 0


@pytest.mark.parametrize("fault", [{"cuts_after": 300_000}, {"loses_answers": 1}, {"retry_after_s": 3.0}])
def test_a_connection_that_breaks_while_it_follows_is_taken_up_again(
    sending: Sending, station: Station, fault: dict[str, int]
) -> None:
    copying = sending.copy(content := os.urandom(SIZE))
    copying.write(MIB)
    sending.run()
    copying.write(MIB)
    for name, value in fault.items():
        setattr(sending.central.faults, name, value)
    sending.run()
    sending.central.faults.retry_after_s = None
    station.clock.advance(400)  # type: ignore[attr-defined]
    sending.run()
    copying.stage()
    sending.run()
    assert len(sending.central.begun) == 1
    assert sending.arrived(copying.asset_id) == content


def test_an_upload_that_central_forgets_while_it_follows_begins_anew(sending: Sending, station: Station) -> None:
    copying = sending.copy(content := os.urandom(SIZE))
    copying.write(MIB)
    sending.run()
    sending.central.forget(copying.asset_id)
    copying.write(MIB)
    for _ in range(5):
        sending.run()
        station.clock.advance(400)  # type: ignore[attr-defined]
    assert content.startswith(sending.arrived(copying.asset_id))
    copying.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == content


def test_a_partial_copy_that_cannot_be_read_is_nobody_elses_trouble(
    sending: Sending, station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying = sending.copy(content := os.urandom(SIZE))
    copying.write(MIB)

    def broken(_: UUID) -> None:
        raise SpoolBroken("The spool's disk failed.")

    with monkeypatch.context() as patched:
        patched.setattr(station.spool, "open_partial", broken)
        sending.run()
    asset = station.asset(copying.asset_id)
    assert (asset.state, asset.upload_attempt) == (State.FOUND, 0)
    copying.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == content


def test_a_file_that_vanishes_while_it_is_followed_ends_its_upload(sending: Sending, station: Station) -> None:
    copying = sending.copy(os.urandom(SIZE))
    copying.write(MIB)
    sending.run()
    session = station.asset(copying.asset_id).session
    assert session is not None
    station.ledger.commit(AssetGone(at=station.clock.now(), asset_id=copying.asset_id, session=session))
    copying.write(MIB)
    sending.run()
    copying.drop()
    sending.run()
    assert station.asset(copying.asset_id).state is State.GONE
    assert len(sending.arrived(copying.asset_id)) == MIB


def test_an_upload_that_was_there_before_its_intent_is_not_followed_into(sending: Sending) -> None:
    """As after a lost ledger: which bytes central has of it, nobody here knows."""
    copying = sending.copy(content := os.urandom(SIZE))
    foreign = UploadIntent(copying.asset_id, SIZE, 1, "CAM1", b"DCIM/LONG.MP4")
    state = sending.central.create(foreign, bytes(1000))
    assert state.offset == 1000
    copying.write(2 * MIB)
    sending.run()
    assert len(sending.arrived(copying.asset_id)) == 1000
    copying.stage()
    sending.run()
    assert sending.arrived(copying.asset_id) == content
