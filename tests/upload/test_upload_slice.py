"""One slice after another, against a central in memory, with the real ledger and the real spool."""

from __future__ import annotations

import contextlib
import os
from typing import Any
from uuid import UUID

import pytest

from agent.errors import ChunkTooLarge, OffsetConflict, ProtocolViolation, RetryLater, UploadGone
from agent.pipeline.upload import FIRST_CHUNK, SliceEnd, UploadDoors, UploadPlace, upload_slice
from agent.ports import UploadIntent, UploadState
from agent.rules.bandwidth import REFUSED_FLOOR
from agent.rules.footage import State
from protocol.events import decode_body
from simulator.central import MemoryCentral
from tests.upload.station import Station

MIB = 1 << 20


class Sender:
    """One process that uploads one asset. A new one knows nothing but the ledger."""

    def __init__(self, station: Station, central: MemoryCentral, asset_id: UUID, chunk: int = MIB) -> None:
        self.station, self.central, self.asset_id = station, central, asset_id
        self.place = UploadPlace(chunk=chunk)
        self.doors = UploadDoors(station.ledger, station.spool, central, station.clock)

    def step(self) -> SliceEnd:
        return upload_slice(self.station.asset(self.asset_id), self.place, self.doors).end

    def finish(self) -> list[SliceEnd]:
        ends = [self.step()]
        while ends[-1] not in (SliceEnd.UPLOADED, SliceEnd.COPY_GIVEN_UP):
            assert len(ends) < 100
            self.place.chunk = min(self.place.chunk, MIB)
            ends.append(self.step())
        return ends

    def arrived(self) -> bytes:
        (upload,) = [one for one in self.central.uploads.values() if one.intent.asset_id == self.asset_id]
        return bytes(upload.content)


@pytest.fixture
def central(station: Station) -> MemoryCentral:
    return MemoryCentral(station.clock)


def names(station: Station, asset_id: UUID) -> list[str]:
    bodies = [decode_body(event.body) for event in station.ledger.events_after(0, 1000)]
    return [type(body).__name__ for body in bodies if getattr(body, "asset_id", None) == asset_id]


@pytest.mark.parametrize("size", [0, 1, MIB, MIB + 1, 5 * MIB + 7])
def test_a_file_of_any_size_arrives_whole(station: Station, central: MemoryCentral, size: int) -> None:
    content = os.urandom(size)
    sender = Sender(station, central, station.stage(content))
    sender.finish()
    assert sender.arrived() == content
    asset = station.asset(sender.asset_id)
    assert (asset.state, asset.upload_offset, asset.upload_attempt) == (State.UPLOADED, size, 1)


def test_the_intent_is_in_the_ledger_before_central_hears_of_the_file(
    station: Station, central: MemoryCentral
) -> None:
    sender = Sender(station, central, station.stage(bytes(10)))
    central.faults.away = True
    for _ in range(3):
        with pytest.raises(RetryLater):
            sender.step()
    assert central.uploads == {}
    asset = station.asset(sender.asset_id)
    assert (asset.upload_attempt, asset.upload_url, asset.state) == (1, None, State.STAGED)
    assert sum("Intended" in name for name in names(station, sender.asset_id)) == 1, "one intent, not one per try"


@pytest.mark.parametrize("fault", [{"cuts_after": 300_000}, {"loses_answers": 1}])
def test_after_any_failure_central_is_asked_and_nothing_is_sent_twice_over(
    station: Station, central: MemoryCentral, fault: dict[str, int]
) -> None:
    content = os.urandom(3 * MIB)
    sender = Sender(station, central, station.stage(content))
    sender.step()
    for name, value in fault.items():
        setattr(central.faults, name, value)
    with pytest.raises(RetryLater):
        sender.step()
    assert not sender.place.is_sure
    sender.finish()
    assert sender.arrived() == content


def test_a_new_process_goes_on_where_central_stands(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(4 * MIB)
    asset_id = station.stage(content)
    Sender(station, central, asset_id).step()
    second = Sender(station, central, asset_id)
    assert second.step() is SliceEnd.ADVANCED
    assert len(second.arrived()) >= 2 * MIB
    second.finish()
    assert second.arrived() == content


def test_an_offset_that_went_back_is_accepted(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(4 * MIB)
    sender = Sender(station, central, station.stage(content))
    sender.step()
    (upload,) = central.uploads.values()
    del upload.content[1000:]
    sender.finish()
    assert sender.arrived() == content


def test_an_offset_beyond_what_was_sent_advances_nothing(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(bytes(8 * MIB)))
    sender.step()
    before = station.asset(sender.asset_id)
    central.resume = lambda url, size: UploadState(url, size, complete=True)  # type: ignore[method-assign]
    sender.place.is_sure = False
    with pytest.raises(ProtocolViolation, match="only"):
        sender.step()
    assert station.asset(sender.asset_id) == before


def test_an_upload_that_central_forgot_starts_anew(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(4 * MIB)
    sender = Sender(station, central, station.stage(content))
    sender.step()
    central.forget(sender.asset_id)
    assert sender.step() is SliceEnd.STARTS_ANEW
    assert station.asset(sender.asset_id).upload_url is None
    sender.finish()
    assert sender.arrived() == content
    assert station.asset(sender.asset_id).upload_attempt == 2


def test_a_404_that_may_be_another_servers_is_believed_only_the_third_time(
    station: Station, central: MemoryCentral
) -> None:
    sender = Sender(station, central, station.stage(bytes(4 * MIB)))
    sender.step()

    def gone(url: str, size: int) -> UploadState:
        raise UploadGone("404", proven=False)

    central.resume = gone  # type: ignore[method-assign]
    sender.place.is_sure = False
    for _ in range(2):
        with pytest.raises(RetryLater) as raised:
            sender.step()
        assert raised.value.code == "upload_gone_unproven"
        assert station.asset(sender.asset_id).upload_url is not None
    assert sender.step() is SliceEnd.STARTS_ANEW


def test_an_upload_forgotten_after_its_last_byte_is_left_to_verify(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(bytes(2 * MIB)), chunk=2 * MIB)
    central.faults.loses_answers = 1
    with pytest.raises(RetryLater):
        sender.step()
    central.forget(sender.asset_id)
    assert sender.step() is SliceEnd.UPLOADED


def test_a_refused_chunk_is_halved_until_it_passes(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(4 * MIB)
    sender = Sender(station, central, station.stage(content), chunk=FIRST_CHUNK)
    central.faults.largest_chunk = MIB
    assert [sender.step() for _ in range(2)] == [SliceEnd.ASK_AGAIN, SliceEnd.ASK_AGAIN]
    sender.finish()
    assert sender.arrived() == content


def test_what_was_refused_once_is_not_tried_again(station: Station, central: MemoryCentral) -> None:
    content = os.urandom(7 * MIB)
    sender = Sender(station, central, station.stage(content), chunk=FIRST_CHUNK)
    central.faults.largest_chunk = MIB
    ends = []
    while not ends or ends[-1] is not SliceEnd.UPLOADED:
        ends.append(sender.step())
    assert ends.count(SliceEnd.ASK_AGAIN) == 2, "4 MiB and 2 MiB were refused, each once"
    assert sender.arrived() == content


@pytest.mark.parametrize("size", [300_000, 4 * MIB], ids=["a_small_file", "a_chunk"])
def test_what_breaks_the_connection_is_sent_in_smaller_pieces(
    station: Station, central: MemoryCentral, size: int
) -> None:
    content = os.urandom(size)
    sender = Sender(station, central, station.stage(content))
    create, append = central.create, central.append

    def breaks(length: int) -> None:
        if length > 100_000:
            raise RetryLater("torn", code="connection_lost")

    def torn_create(intent: UploadIntent, first: bytes) -> UploadState:
        breaks(len(first))
        return create(intent, first)

    def torn_append(url: str, offset: int, source: Any, length: int, size: int, pace: Any = None) -> UploadState:
        breaks(length)
        return append(url, offset, source, length, size, pace)

    central.create, central.append = torn_create, torn_append  # type: ignore[method-assign]
    steps, end = 0, None
    while end is not SliceEnd.UPLOADED:
        steps += 1
        assert steps < 200
        with contextlib.suppress(RetryLater):
            end = sender.step()
    assert sender.arrived() == content


def test_a_server_that_refuses_every_chunk_is_not_asked_in_circles(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(bytes(4 * MIB)))
    central.faults.largest_chunk = 1
    while sender.place.chunk > REFUSED_FLOOR:
        assert sender.step() is SliceEnd.ASK_AGAIN
    for _ in range(3):
        with pytest.raises(ChunkTooLarge):
            sender.step()


def test_a_small_file_that_is_refused_with_its_creation_follows_it(station: Station, central: MemoryCentral) -> None:
    create = central.create

    def refuses_first(intent: object, first: bytes) -> UploadState:
        if first:
            raise ChunkTooLarge("413")
        return create(intent, first)  # type: ignore[arg-type]

    central.create = refuses_first  # type: ignore[method-assign]
    sender = Sender(station, central, station.stage(b"hello"))
    sender.finish()
    assert sender.arrived() == b"hello"


def test_a_locked_upload_keeps_its_url(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(bytes(4 * MIB)))
    sender.step()
    url = sender.place.url
    central.faults.locked = True
    for _ in range(3):
        with pytest.raises(RetryLater) as raised:
            sender.step()
        assert raised.value.code == "upload_locked"
    central.faults.locked = False
    sender.finish()
    assert sender.place.url == url


def test_a_conflict_leads_to_a_question_and_a_second_one_to_a_wait(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(bytes(4 * MIB)))

    def conflicts(*_: object) -> UploadState:
        raise OffsetConflict("409")

    sender.step()
    central.append = conflicts  # type: ignore[method-assign]
    assert sender.step() is SliceEnd.ASK_AGAIN
    with pytest.raises(RetryLater):
        sender.step()


def test_two_damaged_chunks_are_sent_again_and_a_third_puts_the_copy_in_doubt(
    station: Station, central: MemoryCentral
) -> None:
    content = os.urandom(4 * MIB)
    sender = Sender(station, central, station.stage(content))
    sender.step()
    central.faults.damages_chunks = 2
    sender.finish()
    assert sender.arrived() == content


def test_a_sound_copy_whose_chunks_always_arrive_damaged_waits(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(os.urandom(4 * MIB)))
    central.faults.damages_chunks = 3
    assert [sender.step() for _ in range(2)] == [SliceEnd.ASK_AGAIN] * 2
    with pytest.raises(RetryLater, match="sound"):
        sender.step()


def test_a_rotten_copy_is_read_from_the_card_again(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(os.urandom(4 * MIB)))
    central.faults.damages_chunks = 3
    station.rot(sender.asset_id)
    assert sender.finish()[-1] is SliceEnd.COPY_GIVEN_UP
    asset = station.asset(sender.asset_id)
    assert (asset.state, asset.spooled, asset.upload_url) == (State.FOUND, False, None)


def test_a_file_that_was_staged_again_meanwhile_is_another_upload(station: Station, central: MemoryCentral) -> None:
    sender = Sender(station, central, station.stage(os.urandom(4 * MIB)))
    sender.step()
    old = sender.place.url
    central.forget(sender.asset_id)
    content = os.urandom(3 * MIB)
    station.restage(sender.asset_id, content)
    sender.finish()
    assert sender.arrived() == content
    assert sender.place.url != old
    assert station.asset(sender.asset_id).upload_attempt == 2


def test_a_lost_copy_whose_card_is_gone_is_left_to_a_person(station: Station, central: MemoryCentral) -> None:
    asset_id = station.stage(bytes(100))
    station.take_off_card(asset_id)
    station.spool.release(asset_id)
    assert Sender(station, central, asset_id).step() is SliceEnd.COPY_GIVEN_UP
    asset = station.asset(asset_id)
    assert (asset.state, asset.reason) == (State.QUARANTINED, "copy_missing")
