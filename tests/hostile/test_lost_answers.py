"""A camera pulled in the instant in which its file became durable: the copy is neither forgotten nor replaced."""

from __future__ import annotations

import pytest

from agent.errors import CardGone, CardStalled
from agent.pipeline.settle_spool import take_up_copy
from agent.ports import Progress, StageOrder
from agent.rules import changes as c
from agent.rules.footage import StageOutcome, State
from tests.pipeline.dock import VIDEO, Dock

FIRST, SECOND = b"what was recorded first", b"and what came afterwards"


def pulled_before_the_answer(dock: Dock, error: Exception) -> None:
    """The child copies the file, and ends before it can say so."""
    dock.plug({VIDEO: FIRST})
    dock.begin()
    work = dock.session._card.work
    stage = work.stage

    def unheard(order: StageOrder, progress: Progress) -> StageOutcome:
        stage(order, progress)
        dock.card.gone = True
        raise error

    work.stage = unheard  # type: ignore[method-assign]
    dock.session._is_open = True
    assert dock.session.turn() is not None


@pytest.mark.parametrize("error", [CardGone("pulled"), CardStalled("killed")], ids=["pulled", "killed"])
def test_a_copy_whose_answer_was_lost_counts_and_goes_to_central_without_the_camera(error: Exception) -> None:
    dock = Dock()
    pulled_before_the_answer(dock, error)
    assert dock.states() == ["STAGED"]
    dock.deliver()
    assert [bytes(stored) for stored in dock.central.objects.values()] == [FIRST]


def test_the_camera_coming_back_wiped_takes_nothing_away() -> None:
    dock = Dock()
    pulled_before_the_answer(dock, CardGone("pulled"))
    dock.plug({})
    dock.session.round(dock.begin())
    dock.clock.advance(3)
    dock.round(2)
    dock.deliver()
    assert [bytes(stored) for stored in dock.central.objects.values()] == [FIRST]


def test_other_content_of_the_same_size_under_the_same_name_replaces_no_copy() -> None:
    dock = Dock()
    pulled_before_the_answer(dock, CardGone("pulled"))
    dock.plug({VIDEO: SECOND})
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round()
    assert {bytes(stored) for stored in dock.central.objects.values()} == {FIRST, SECOND}
    assert dock.card.files == {}
    assert {asset.state for asset in dock.ledger._assets()} <= {State.ERASED, State.VERIFIED, State.GONE}


def test_a_copy_that_is_not_there_is_not_taken_up() -> None:
    dock = Dock()
    dock.serve({VIDEO: FIRST})
    assert not take_up_copy(dock.ledger, dock.spool, dock.clock, dock.at().asset_id), "it is staged already"
    dock.plug({b"other.mp4": SECOND})
    listing = dock.begin()
    assert dock.session._stock is not None
    assert dock.session._staging is not None
    dock.session._stock.take(listing)
    dock.session._staging.found(dock.session._stock)
    assert dock.at(b"other.mp4").state is State.FOUND
    assert not take_up_copy(dock.ledger, dock.spool, dock.clock, dock.at(b"other.mp4").asset_id)


def with_a_copy_called_lost(dock: Dock, uploads_begun: int = 0) -> None:
    """The spool's disk failed for a while; the copy is sound."""
    dock.serve({VIDEO: FIRST})
    asset_id, at = dock.at().asset_id, dock.clock.now()
    intents = [c.UploadIntended(at=at, asset_id=asset_id, attempt=1 + n) for n in range(uploads_begun)]
    dock.ledger.commit(*intents, c.CopyLost(at=at, asset_id=asset_id, reason="copy_unreadable"))


def test_a_copy_that_was_called_lost_and_is_sound_travels_when_its_file_has_left_the_card() -> None:
    dock = Dock()
    with_a_copy_called_lost(dock)
    dock.plug({})
    dock.session.round(dock.begin())
    dock.clock.advance(3)
    dock.round(2)
    dock.deliver()
    assert [bytes(stored) for stored in dock.central.objects.values()] == [FIRST]


def test_a_copy_that_was_called_lost_and_is_sound_travels_when_its_file_was_overwritten() -> None:
    dock = Dock()
    with_a_copy_called_lost(dock, uploads_begun=1)
    dock.plug({VIDEO: SECOND})
    dock.session.round(dock.begin())
    dock.deliver()
    assert {bytes(stored) for stored in dock.central.objects.values()} == {FIRST, SECOND}
