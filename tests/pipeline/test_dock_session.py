"""One dock from plug to pull, step by step: what the ledger holds, what is on the card, what the bay says."""

from __future__ import annotations

import hashlib

import pytest

from agent.errors import CardGone
from agent.rules import changes as c
from agent.rules.bay_words import BayState
from agent.rules.footage import EraseOutcome, EraseVerdict, State
from tests.pipeline.dock import SIDECAR, VIDEO, Dock

CONTENT = b"footage of the first of July"


def test_a_camera_is_staged_receipted_erased_and_only_then_safe() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT, SIDECAR: b"{}", b"BWC.ID": b"BWC1"})
    assert dock.says() is BayState.IDENTIFYING
    dock.session.round(dock.begin())
    assert dock.says() is BayState.MAY_BE_TAKEN
    assert dock.states() == ["STAGED"] * 3
    dock.upload()
    dock.round()
    assert (dock.says(), dock.states()) == (BayState.MAY_BE_TAKEN, ["UPLOADED"] * 3)
    assert set(dock.card.files) == {VIDEO, SIDECAR, b"BWC.ID"}
    dock.receipt()
    dock.clock.advance(1)
    dock.round()
    assert set(dock.card.files) == {b"BWC.ID"}, "a marker is never erased"
    assert (dock.at().state, dock.at(SIDECAR).state, dock.at(b"BWC.ID").state) == (
        State.ERASED,
        State.ERASED,
        State.KEPT,
    )
    assert dock.says() is BayState.SAFE_TO_REMOVE
    assert hashlib.sha256(CONTENT).hexdigest() in dock.central.objects
    assert dock.events().index("EraseStarted") < dock.events().index("AssetErased")


def test_the_bay_says_do_not_remove_from_before_the_card_is_writable_until_it_no_longer_is() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.opened.clear()
    said: list[BayState] = []
    dock.before_erase = lambda: said.append(dock.says())  # type: ignore[method-assign]
    dock.round()
    assert dock.opened == [(True, BayState.DO_NOT_REMOVE), (False, BayState.DO_NOT_REMOVE)]
    assert said == [BayState.DO_NOT_REMOVE]
    assert dock.says() is BayState.SAFE_TO_REMOVE


def test_while_central_is_away_nothing_vanishes_from_the_card() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.central.faults.away = True
    dock.round(3)
    assert VIDEO in dock.card.files
    assert dock.says() is BayState.MAY_BE_TAKEN


def test_central_going_away_between_two_unlinks_ends_the_step() -> None:
    dock = Dock()
    dock.serve({b"a.mp4": b"one", b"b.mp4": b"two"})
    dock.deliver()
    dock.before_erase = lambda: setattr(dock.central.faults, "away", True)  # type: ignore[method-assign]
    dock.round()
    assert set(dock.card.files) == {b"b.mp4"}
    assert dock.says() is BayState.MAY_BE_TAKEN


@pytest.mark.parametrize("how", ["pulled", "restarted"])
def test_an_io_error_keeps_the_card_unwritten_for_the_whole_dock(how: str) -> None:
    """Also after the card was opened anew: a stall, a full spool or a restart washes nothing clean."""
    dock = Dock()
    dock.plug({VIDEO: CONTENT, b"bad.mp4": b"half of this cannot be read"})
    dock.card.files[b"bad.mp4"].unreadable_from = 0
    dock.session.round(dock.begin())
    assert dock.at(b"bad.mp4").state is State.QUARANTINED
    dock.deliver()
    dock.again() if how == "pulled" else dock.restart()
    dock.round(2)
    assert set(dock.card.files) == {VIDEO, b"bad.mp4"}
    assert not any(writable for writable, _ in dock.opened)
    assert dock.says() is BayState.LEAVE_IN_BAY


def test_an_unreadable_file_is_no_drained_camera() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT, b"bad.mp4": b"cannot be read"})
    dock.card.files[b"bad.mp4"].unreadable_from = 0
    dock.session.round(dock.begin())
    assert "CameraDrained" not in dock.events()


def test_a_card_that_will_not_be_written_to_is_read_once_and_waits_for_it() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    mount = dock.mounter.mount

    def read_only(presence: object, *, writable: bool) -> object:
        dock.mounter.refuses = "write-protected" if writable else ""
        return mount(presence, writable=writable)  # type: ignore[arg-type]

    dock.mounter.mount = read_only  # type: ignore[method-assign, assignment]
    dock.round(3)
    assert VIDEO in dock.card.files
    assert dock.says() is BayState.LEAVE_IN_BAY
    assert dock.events().count("BayTrouble") == 1


def test_a_refused_unlink_is_not_called_safe() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.session._card.work.erase = lambda *_: EraseOutcome(EraseVerdict.NOT_WRITABLE, "no")  # type: ignore[method-assign]
    dock.round(2)
    assert VIDEO in dock.card.files
    assert dock.says() is BayState.MAY_BE_TAKEN


def test_other_content_under_the_receipted_name_is_neither_erased_nor_forgotten() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    swapped = CONTENT[::-1]
    dock.card.files[VIDEO].content = swapped
    dock.round(2)
    assert dock.card.files[VIDEO].content == swapped
    assert dock.at().sha256 == hashlib.sha256(swapped).hexdigest()
    assert dock.states() == ["GONE", "STAGED"]
    dock.deliver()
    dock.round()
    assert dock.says() is BayState.SAFE_TO_REMOVE
    assert len(dock.central.objects) == 2


def test_a_card_pulled_while_it_is_erased_loses_nothing_and_is_settled_by_the_next_dock() -> None:
    dock = Dock()
    dock.serve({b"a.mp4": b"one", b"b.mp4": b"two"})
    dock.deliver()
    work = dock.session._card.work
    erase, erased = work.erase, []

    def pulled_at_the_second(order: object, progress: object) -> EraseOutcome:
        if erased:
            dock.card.gone = True
        erased.append(order)
        return erase(order, progress)  # type: ignore[arg-type]

    work.erase = pulled_at_the_second  # type: ignore[method-assign]
    with pytest.raises(CardGone):
        dock.round()
    assert set(dock.card.files) == {b"b.mp4"}
    dock.plug()
    dock.session.round(dock.begin())
    dock.clock.advance(3)
    dock.round(2)
    assert dock.states() == ["ERASED", "ERASED"]
    assert dock.says() is BayState.SAFE_TO_REMOVE


def test_a_crash_right_after_the_unlink_is_understood_by_the_next_start() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    asset = dock.at()
    dock.ledger.commit(c.EraseStarted(at=dock.clock.now(), asset_id=asset.asset_id, session=dock.session.session))
    del dock.card.files[VIDEO]
    dock.restart()
    assert dock.at().state is State.VERIFIED, "one listing proves nothing"
    dock.clock.advance(3)
    dock.round()
    assert dock.at().state is State.ERASED


def test_an_incomplete_listing_after_the_unlink_leaves_the_intent_standing() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.before_erase = lambda: dock.card.unreadable_folders.append("DCIM")  # type: ignore[method-assign]
    dock.round()
    assert dock.at().state is State.VERIFIED
    assert "EraseRefused" not in dock.events()
    dock.card.unreadable_folders.clear()
    dock.clock.advance(3)
    dock.round(2)
    dock.clock.advance(3)
    dock.round()
    assert dock.at().state is State.ERASED
