"""The contract of `FootageStore`: an upload never ends up with other bytes than were sent."""

from __future__ import annotations

from uuid import uuid4

import pytest

from agent.errors import OffsetConflict, ProtocolViolation, Refused, RetryLater, UploadGone
from agent.ports import (
    UploadState,
)
from agent.rules.receipts import read_receipt
from simulator.disk import Inode
from simulator.spool import MemorySpooled
from tests.contract.central_world import CHUNK, Footage, World, append, receipted, upload, world
from tests.contract.deadline import eventually

__all__ = ["world"]


# --- uploads ------------------------------------------------------------------------------------------


def test_an_upload_goes_from_its_first_byte_to_its_last(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    assert (state.offset, state.complete) == (0, False)
    offsets = []
    while not state.complete:
        state = append(world, footage, state)
        offsets.append(state.offset)
        assert world.store.resume(state.url, footage.size) == state
    assert offsets == [CHUNK, 2 * CHUNK, footage.size]


def test_creating_twice_gives_the_same_upload(world: World) -> None:
    footage = Footage()
    first = world.store.create(footage.intent(), b"")
    half = append(world, footage, first)
    again = world.store.create(footage.intent(), b"")
    assert again == half
    other = world.store.create(Footage().intent(), b"")
    assert other.url != first.url


def test_the_same_asset_with_another_length_is_refused(world: World) -> None:
    footage = Footage()
    state = append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(Refused):
        world.store.create(footage.intent(size=footage.size + 1), b"")
    assert world.store.resume(state.url, footage.size) == state


def test_a_small_file_travels_with_its_creation(world: World) -> None:
    footage = Footage(size=1000)
    state = world.store.create(footage.intent(), footage.content)
    assert (state.offset, state.complete) == (1000, True)
    receipted(world, footage)


def test_an_empty_file_is_an_upload_like_any_other(world: World) -> None:
    footage = Footage(content=b"")
    assert upload(world, footage).complete
    assert read_receipt(receipted(world, footage).content).size == 0


@pytest.mark.parametrize("offset", [0, CHUNK - 1, CHUNK + 1])
def test_bytes_at_another_offset_than_central_has_change_nothing(world: World, offset: int) -> None:
    footage = Footage()
    state = append(world, footage, world.store.create(footage.intent(), b""))
    with pytest.raises(OffsetConflict):
        append(world, footage, UploadState(state.url, offset))
    assert world.store.resume(state.url, footage.size) == state


def test_an_upload_central_does_not_know_is_gone(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    unknown = state.url[:-36] + str(uuid4())
    with pytest.raises(UploadGone):
        world.store.resume(unknown, footage.size)

    def is_told() -> bool:
        """A refusal may be lost with the connection that the unread body closes: then it is asked again."""
        try:
            append(world, footage, UploadState(unknown, 0))
        except RetryLater:
            return False
        raise AssertionError("an upload that nobody knows took bytes")

    with pytest.raises(UploadGone):
        eventually(is_told)


def test_an_upload_of_another_length_than_ours_is_not_believed(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    with pytest.raises(ProtocolViolation):
        world.store.resume(state.url, footage.size + 1)


def test_a_body_cut_short_never_counts_for_more_than_was_sent_and_goes_on(world: World) -> None:
    footage = Footage()
    state = append(world, footage, world.store.create(footage.intent(), b""), 1000)
    world.cut_next_body(100_000)
    with pytest.raises(RetryLater):
        append(world, footage, state)
    resumed = world.store.resume(state.url, footage.size)
    assert 1000 <= resumed.offset <= 1000 + 100_000
    while not resumed.complete:
        resumed = append(world, footage, resumed)
    receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_what_failed_but_was_stored_anyway_is_found_when_asked(world: World) -> None:
    footage = Footage()
    state = append(world, footage, world.store.create(footage.intent(), b""), 1000)
    world.lose_next_answer()
    with pytest.raises(RetryLater):
        append(world, footage, state, footage.size)
    resumed = world.store.resume(state.url, footage.size)
    assert resumed.complete
    receipted(world, footage)
    assert world.stored(footage.sha256) == footage.content


def test_a_copy_that_ends_too_early_is_the_spools_fault_and_advances_nothing_past_it(world: World) -> None:
    footage = Footage()
    state = world.store.create(footage.intent(), b"")
    short = MemorySpooled(Inode(bytearray(footage.content[:100])))
    with pytest.raises(Exception, match="ends at 100"):
        world.store.append(state.url, 0, short, CHUNK, footage.size)
    assert world.store.resume(state.url, footage.size).offset <= 100
