"""The spool's second copies: when they go, when they are sent again, what a restart makes of them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agent.pipeline.keep_spool import SpoolKeeper
from agent.pipeline.settle_spool import settle_spool
from agent.rules import changes as c
from agent.rules.footage import State
from tests.pipeline.dock import VIDEO, Dock

CONTENT = b"footage of the first of July"
KEEP = timedelta(days=7)


@pytest.fixture
def dock() -> Dock:
    made = Dock()
    made.serve({VIDEO: CONTENT})
    return made


def keeper(dock: Dock) -> SpoolKeeper:
    return SpoolKeeper(dock.ledger, dock.spool, dock.clock, KEEP, lambda assets: [True] * len(assets))


def released(dock: Dock, epoch: int | None = 1, now_epoch: int | None = 1) -> int:
    return keeper(dock).round(epoch, lambda: now_epoch)


def test_a_copy_outlives_its_receipt_by_seven_days(dock: Dock) -> None:
    dock.deliver()
    dock.clock.advance(KEEP.total_seconds() - 2)
    assert released(dock) == 0
    dock.clock.advance(2)
    assert released(dock) == 1
    assert dock.spool.size(dock.at().asset_id) is None
    assert not dock.at().spooled


def test_under_pressure_it_goes_earlier_but_never_without_its_receipt(dock: Dock) -> None:
    dock.spool.min_free = dock.spool.disk.total
    assert released(dock) == 0
    dock.deliver()
    assert released(dock) == 1


@pytest.mark.parametrize(("epoch", "now_epoch"), [(None, 1), (1, None), (1, 2)])
def test_nothing_goes_when_central_is_away_or_has_been_restored_since_its_last_heartbeat(
    dock: Dock, epoch: int | None, now_epoch: int | None
) -> None:
    dock.spool.min_free = dock.spool.disk.total
    dock.deliver()
    assert released(dock, epoch, now_epoch) == 0
    assert dock.spool.size(dock.at().asset_id) == len(CONTENT)


def test_a_clock_that_is_days_ahead_does_not_empty_the_spool(dock: Dock) -> None:
    dock.deliver()
    dock.clock.set_wall(dock.clock.now().wall + timedelta(days=30))
    dock.clock.measured(30 * 86_400_000.0, 5.0)
    assert released(dock) == 0


def test_what_an_older_epoch_receipted_is_sent_again(dock: Dock) -> None:
    dock.deliver()
    assert released(dock, 2, 2) == 0
    assert (dock.at().state, dock.at().receipt, dock.at().spooled) == (State.STAGED, None, True)


def test_a_copy_made_durable_just_before_a_crash_counts_after_it(dock: Dock) -> None:
    other = Dock()
    other.plug({VIDEO: CONTENT})
    commit = other.ledger.commit

    def crash(*changes: c.Change) -> None:
        if any(isinstance(change, c.AssetStaged) for change in changes):
            raise KeyboardInterrupt
        commit(*changes)

    other.ledger.commit = crash  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        other.session.round(other.begin())
    other.ledger.commit = commit  # type: ignore[method-assign]
    assert other.at().state is State.FOUND
    other.spool.sweep()
    assert settle_spool(other.ledger, other.spool, other.clock) == 1
    assert other.at().state is State.STAGED
    assert settle_spool(other.ledger, other.spool, other.clock) == 0


def test_a_copy_that_was_given_up_as_rotten_is_not_taken_up_by_a_restart(dock: Dock) -> None:
    asset = dock.at()
    dock.spool.disk.names[f"{asset.asset_id}.footage"].content[3] ^= 1
    dock.ledger.commit(c.CopyLost(at=dock.clock.now(), asset_id=asset.asset_id, reason="copy_rotten"))
    assert settle_spool(dock.ledger, dock.spool, dock.clock) == 0
    assert dock.at().state is State.FOUND
    dock.restart()
    assert dock.at().state is State.STAGED
    copy = dock.spool.open(asset.asset_id)
    assert copy.read_at(0, 100) == CONTENT


def test_a_copy_given_up_and_made_again_just_before_a_crash_is_taken_up(dock: Dock) -> None:
    dock.ledger.commit(c.CopyLost(at=dock.clock.now(), asset_id=dock.at().asset_id, reason="copy_unreadable"))
    assert settle_spool(dock.ledger, dock.spool, dock.clock) == 1
    assert dock.at().state is State.STAGED


def test_a_release_that_a_crash_cut_in_two_is_finished(dock: Dock) -> None:
    dock.deliver()
    dock.ledger.commit(c.CopyReleased(at=dock.clock.now(), asset_id=dock.at().asset_id, reason="kept_long_enough"))
    assert settle_spool(dock.ledger, dock.spool, dock.clock) == 1
    assert dock.spool.size(dock.at().asset_id) is None


def test_a_staged_copy_is_left_alone(dock: Dock) -> None:
    assert settle_spool(dock.ledger, dock.spool, dock.clock) == 0
    assert dock.spool.size(dock.at().asset_id) == len(CONTENT)


def test_a_clock_that_was_set_since_the_last_heartbeat_releases_nothing(dock: Dock) -> None:
    """Found by the roaming model: until the next heartbeat the offset measured before the jump was believed."""
    dock.deliver()
    dock.clock.set_wall(dock.clock.now().wall + KEEP + timedelta(days=1))
    assert released(dock) == 0
    dock.clock.advance(60)
    dock.clock.measured(0.0, 5.0)
    assert released(dock) == 1, "central says that so much time did pass"
