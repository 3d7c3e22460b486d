"""One huge file before a full spool: what is smaller passes it, and room is made for it as soon as it can be."""

from __future__ import annotations

from datetime import timedelta

from agent.pipeline.keep_spool import SpoolKeeper
from agent.rules.bay_words import BayState
from agent.rules.footage import State
from simulator.spool import MemorySpool
from tests.pipeline.dock import Dock

HUGE, SMALL = b"DCIM/1_HUGE.MP4", b"DCIM/2_SMALL.MP4"
KEEP = timedelta(days=7)


def test_small_files_pass_a_huge_one_and_old_copies_make_room_for_it() -> None:
    dock = Dock()
    dock.spool = MemorySpool(total=100_000, min_free=10_000)
    dock.serve({SMALL: b"s" * 30_000})
    dock.deliver()
    dock.round(2)
    assert dock.at(SMALL).state is State.ERASED
    assert dock.at(SMALL).spooled, "its copy is kept for seven days"

    dock.plug({HUGE: b"h" * 70_000, SMALL: b"t" * 20_000})
    dock.session.round(dock.begin())
    assert dock.at(SMALL).state is State.STAGED, "the smaller one does not wait behind the huge one"
    assert dock.at(HUGE).state is State.FOUND
    assert dock.says() is BayState.DO_NOT_REMOVE
    assert dock.session.board.space_wanted == 70_000
    dock.deliver()
    dock.round(2)

    keeper = SpoolKeeper(dock.ledger, dock.spool, dock.clock, KEEP, lambda assets: [True] * len(assets))
    assert keeper.round(1, lambda: 1) == 0, "no pressure, and no copy is old"
    assert keeper.round(1, lambda: 1, wanted=dock.session.board.space_wanted) == 2
    dock.round()
    assert dock.at(HUGE).state is State.STAGED
    assert dock.session.board.space_wanted == 0
    dock.deliver()
    dock.round(2)
    assert dock.says() is BayState.SAFE_TO_REMOVE
