"""Clocks that are set, names that are used again, threads that overtake each other, cards that hang."""

from __future__ import annotations

import hashlib

import pytest

from agent.errors import CardGone, CardStalled, LedgerBroken
from agent.rules import changes as c
from agent.rules.bay_words import BayState
from agent.rules.footage import RefusedEntry, State
from simulator.cards import MemoryFile
from tests.pipeline.dock import VIDEO, Dock

CONTENT = b"footage of the first of July"


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_set_neither_holds_files_back_nor_calls_them_gone(hours: int) -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT}, settle_s=2.0)
    dock.session.round(dock.begin())
    assert dock.states() == ["FOUND"]
    file = dock.card.files.pop(VIDEO)
    dock.round()
    dock.clock.set_wall(dock.clock.now().wall.replace(hour=15 + hours))
    dock.round()
    assert dock.states() == ["FOUND"], "missed for no time at all"
    dock.card.files[VIDEO] = file
    dock.round()
    dock.clock.set_wall(dock.clock.now().wall.replace(hour=15))
    dock.clock.advance(2.5)
    dock.round()
    assert dock.states() == ["STAGED"]


def test_an_empty_listing_of_a_card_that_vanished_is_believed_only_when_it_lasts() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    files, dock.card.files = dock.card.files, {}
    dock.round()
    assert dock.at().on_card
    dock.card.files = files
    dock.clock.advance(10)
    dock.round()
    assert dock.at().on_card
    assert "AssetGone" not in dock.events()


def test_a_kept_file_is_sent_again_when_central_was_restored() -> None:
    dock = Dock(policy="never")
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.round()
    assert (dock.at().state, dock.says()) == (State.KEPT, BayState.SAFE_TO_REMOVE)
    dock.ledger.commit(c.CopyReleased(at=dock.clock.now(), asset_id=dock.at().asset_id, reason="kept_long_enough"))
    dock.spool.release(dock.at().asset_id)
    dock.central.store_epoch = 2
    dock.central.objects.clear()
    dock.central.stored.clear()
    dock.ledger.remember(store_epoch="2")
    dock.round()
    assert dock.says() is not BayState.SAFE_TO_REMOVE
    dock.round()
    assert (dock.at().state, dock.says()) == (State.STAGED, BayState.MAY_BE_TAKEN)
    dock.deliver()
    dock.round()
    assert dock.says() is BayState.SAFE_TO_REMOVE
    assert len(dock.central.objects) == 1


def test_a_receipt_of_an_older_epoch_never_erases() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.central.store_epoch = 2  # this station has not heard of it: its note still says 1
    dock.round(2)
    assert VIDEO in dock.card.files
    assert "EraseStarted" not in dock.events()


def test_an_asset_that_left_before_it_was_proven_is_a_new_one_when_it_comes_back() -> None:
    """Its copy was lost, then its card was away: no copy and no receipt stands behind its digest."""
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.spool.release(dock.at().asset_id)
    dock.ledger.commit(c.CopyLost(at=dock.clock.now(), asset_id=dock.at().asset_id, reason="copy_rotten"))
    file = dock.card.files.pop(VIDEO)
    dock.round()
    dock.clock.advance(3)
    dock.round()
    assert dock.states() == ["GONE"]
    dock.card.files[VIDEO] = file
    dock.round()
    assert dock.states() == ["GONE", "STAGED"]


def test_a_quarantined_file_whose_name_was_used_again_does_not_hold_the_bay_for_ever() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.card.files[VIDEO].unreadable_from = 0
    dock.session.round(dock.begin())
    assert dock.says() is BayState.LEAVE_IN_BAY
    dock.plug({VIDEO: b"other footage, other day"})
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round()
    assert dock.says() is BayState.SAFE_TO_REMOVE
    first = dock.ledger.assets_at("BWC1", VIDEO)[-1]
    assert (first.state, first.on_card) == (State.QUARANTINED, False), "a person still sees it"


def test_a_file_found_but_then_known_by_its_digest_leaves_no_ghost_behind() -> None:
    dock = Dock(policy="never")
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.round()
    file = dock.card.files[VIDEO]
    was = file.mtime_ns
    file.content, file.mtime_ns = b"longer than the footage of the first of July", was + 1

    def changes_back(_offset: int) -> None:
        file.content, file.mtime_ns, file.on_read = CONTENT, was, None

    file.on_read = changes_back
    dock.round(2)
    assert dock.says() is BayState.SAFE_TO_REMOVE
    assert dock.at().state is State.GONE


def test_retry_during_a_dock_reads_the_file_again() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.card.files[VIDEO].unreadable_from = 0
    dock.session.round(dock.begin())
    dock.card.files[VIDEO].unreadable_from = None
    dock.ledger.commit(c.AssetReturned(at=dock.clock.now(), asset_id=dock.at().asset_id))
    dock.round()
    assert dock.at().state is State.STAGED
    assert dock.says() is BayState.LEAVE_IN_BAY, "the card had an I/O error in this dock"


def test_footage_behind_a_refused_entry_is_never_called_safe() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.card.refused.append(RefusedEntry(b"a/b", "too_deep"))
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round()
    assert dock.says() is BayState.LEAVE_IN_BAY


def test_a_link_on_the_card_holds_no_footage_and_holds_nothing_up() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.card.refused.append(RefusedEntry(b"link.mp4", "symlink"))
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round()
    assert dock.says() is BayState.SAFE_TO_REMOVE


def test_a_change_that_another_thread_made_first_costs_one_round_and_no_reading() -> None:
    dock = Dock(policy="never")
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    reads: list[int] = []
    dock.card.files[VIDEO].on_read = reads.append
    committed = dock.ledger.commit

    def overtaken(*changes: c.Change) -> None:
        if any(isinstance(change, c.AssetKept) for change in changes):
            dock.ledger.commit = committed  # type: ignore[method-assign]
            committed(c.ReceiptVoided(at=dock.clock.now(), asset_id=dock.at().asset_id, store_epoch=2))
        committed(*changes)

    dock.ledger.commit = overtaken  # type: ignore[method-assign]
    dock.round()
    assert dock.says() is BayState.DO_NOT_REMOVE, "no word of the round that failed stands"
    dock.round()
    assert (dock.at().state, dock.says()) == (State.STAGED, BayState.MAY_BE_TAKEN)
    assert not reads


def test_an_unreadable_marker_file_costs_the_name_and_not_the_footage() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT, b"BWC.ID": b"BWC1"})
    dock.card.files[b"BWC.ID"].unreadable_from = 0
    dock.session.round(dock.begin())
    assert dock.at().state is State.STAGED
    assert dock.says() is BayState.LEAVE_IN_BAY


def test_a_file_that_hangs_the_card_is_tried_after_all_the_others() -> None:
    dock = Dock()
    dock.plug({b"a.mp4": b"one", b"z.mp4": b"two"})
    dock.card.files[b"a.mp4"].mtime_ns += 10**9

    def hang(_offset: int) -> None:
        raise CardStalled("it hangs")

    dock.card.files[b"a.mp4"].on_read = hang
    listing = dock.begin()
    with pytest.raises(CardStalled) as raised:
        dock.session.round(listing)
    dock.session._pause_after(raised.value, record=True)
    assert dock.says() is BayState.USE_ANOTHER_BAY
    with pytest.raises(CardStalled):
        dock.again()
    assert dock.at(b"z.mp4").state is State.STAGED


def test_a_failing_spool_is_recorded_twice_and_not_at_every_attempt() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.spool.disk.syncs_fail = True
    for _ in range(5):
        dock.spool.disk.syncs_fail = True
        try:
            dock.again()
        except Exception as error:  # noqa: BLE001
            dock.session._pause_after(error, record=True)  # type: ignore[arg-type]
        assert dock.says() is not BayState.SAFE_TO_REMOVE
    assert dock.events().count("BayTrouble") == 2
    dock.spool.disk.syncs_fail = False
    dock.again()
    assert dock.at().state is State.STAGED


def test_a_broken_ledger_ends_the_session_and_promises_nothing() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    dock.deliver()
    dock.ledger.broken = True
    with pytest.raises(LedgerBroken):
        dock.session.run()
    assert VIDEO in dock.card.files
    assert dock.says() is BayState.IDENTIFYING


def test_a_camera_pulled_before_it_was_opened_never_gets_a_child() -> None:
    dock = Dock()
    dock.plug({VIDEO: CONTENT})
    dock.session.leave()
    with pytest.raises(CardGone):
        dock.begin()
    assert dock.mounter.mounted == {}


def test_a_clash_of_names_keeps_the_card_unwritten_after_the_other_camera_left() -> None:
    dock = Dock()
    dock.serve({VIDEO: CONTENT})
    first, card = dock.session, dock.card
    dock.plug({VIDEO: b"another card of the same name"}, beside=True)
    dock.session.round(dock.begin())
    second = dock.session
    dock.names.free(second.session)
    dock.deliver()
    dock.session, dock.card = first, card
    dock.mounter.insert(first.presence, card)
    dock.round(2)
    assert VIDEO in card.files
    assert dock.at().state is State.KEPT


@pytest.mark.parametrize("restarts", [False, True])
def test_a_camera_that_comes_back_beside_another_of_its_name_is_not_written_to(restarts: bool) -> None:
    """Found by the roaming model: once the first had been pulled and put back, the clash was forgotten."""
    dock = Dock()
    dock.serve({b"a.mp4": CONTENT})
    first, card = dock.session, dock.card
    dock.plug({b"b.mp4": b"another card of the same name"}, beside=True)
    dock.session.round(dock.begin())
    second = dock.session
    dock.names.free(first.session)
    if restarts:
        dock.names.free(second.session)
        dock.restart()
    dock.card = card
    dock.plug(beside=True)
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round(2)
    assert b"a.mp4" in card.files
    docked = dock.ledger.session(dock.session.session)
    assert docked is not None
    assert not docked.identity_unique


def test_the_ledger_is_not_read_again_and_again_while_nothing_happens() -> None:
    dock = Dock(policy="never")
    dock.serve({b"%04d.mp4" % number: b"%d" % number for number in range(40)})
    dock.deliver()
    dock.round(2)
    reads: list[str] = []
    on_card = dock.ledger.assets_on_card
    dock.ledger.assets_on_card = lambda camera: (reads.append(camera), on_card(camera))[1]  # type: ignore[method-assign, func-returns-value]
    dock.round(20)
    assert dock.says() is BayState.SAFE_TO_REMOVE
    assert reads == []


def test_new_footage_under_an_old_name_and_size_that_cannot_be_read_whole_is_salvaged_and_named() -> None:
    """Found by the roaming model: only the bay was called troubled, and nothing of the file was kept."""
    dock = Dock(policy="never")
    dock.serve({VIDEO: b"a" * 6000})
    dock.deliver()
    dock.round()
    dock.plug({VIDEO: b"b" * 6000})
    dock.card.files[VIDEO].unreadable_from = 5000
    dock.session.round(dock.begin())
    states = {(asset.state, asset.salvage, asset.size) for asset in dock.ledger.assets_at("BWC1", VIDEO)}
    assert states == {(State.GONE, False, 6000), (State.QUARANTINED, False, 6000), (State.STAGED, True, 4096)}
    assert dock.says() is BayState.LEAVE_IN_BAY
    dock.deliver()
    assert hashlib.sha256(b"b" * 4096).hexdigest() in dock.central.objects


def test_new_footage_under_the_name_size_and_time_of_an_unreadable_file_that_was_gone_is_read() -> None:
    """Found by the roaming model: taken for the unreadable one and never read, while the bay said "may be taken"."""
    dock = Dock(policy="never")
    dock.plug({VIDEO: b"a" * 40})
    dock.card.files[VIDEO].unreadable_from = 0
    dock.session.round(dock.begin())
    assert dock.states() == ["QUARANTINED"]
    dock.plug({VIDEO: b"other"})
    dock.session.round(dock.begin())
    dock.plug({VIDEO: b"b" * 40})
    dock.session.round(dock.begin())
    assert dock.at().state is State.STAGED
    assert dock.at().sha256 == hashlib.sha256(b"b" * 40).hexdigest()


def test_an_unreadable_file_set_aside_leaves_nothing_else_under_its_name() -> None:
    dock = Dock(policy="never")
    dock.plug({VIDEO: b"a" * 6000})
    dock.card.files[VIDEO].unreadable_from = 4096
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round()
    broken = dock.card.files[VIDEO]
    dock.plug()
    dock.session.round(dock.begin())
    assert {(asset.state, asset.on_card) for asset in dock.ledger.assets_at("BWC1", VIDEO)} == {
        (State.QUARANTINED, True),
        (State.KEPT, True),
    }, "the salvage is still of this file"
    assert dock.card.files[VIDEO] is broken
    assert dock.says() is BayState.LEAVE_IN_BAY


def test_an_io_error_counts_although_the_file_is_another_one_at_the_next_read() -> None:
    """Found by the roaming model: the card was written to in the same dock."""
    dock = Dock(policy="never")
    dock.serve({VIDEO: b"a" * 40})
    dock.deliver()
    dock.plug({VIDEO: b"b" * 40})
    file = dock.card.files[VIDEO]
    file.unreadable_from = 0
    reads: list[int] = []

    def changes(offset: int) -> None:
        reads.append(offset)
        if len(reads) == 5:  # a read and its four repetitions: the file is given up, and then written anew
            dock.card.files[VIDEO] = MemoryFile(b"c" * 50, mtime_ns=file.mtime_ns + 1)

    file.on_read = changes
    dock.session.round(dock.begin())
    dock.session.round(dock.session._card.list())
    session = dock.ledger.session(dock.session.session)
    assert session is not None
    assert session.io_error
    assert dock.at().state is State.STAGED
