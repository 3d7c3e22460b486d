"""A receipt is good, its signature true, its epoch the present one; and central never heard of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.pipeline.keep_spool import SpoolKeeper
from agent.pipeline.recheck import Recheck
from agent.rules import changes as c
from agent.rules.erasure import CentralFacts
from agent.rules.footage import Asset, State
from tests.pipeline.dock import VIDEO, Dock

CONTENT = b"footage of the first of July"


class Doubting(Dock):
    """A dock whose station asks about each receipt, as a real one does."""

    def __init__(self) -> None:
        super().__init__()
        self.bench.ask_about = self.about
        self.went_back = False

    def about(self, asset: Asset) -> CentralFacts:
        (told,) = self.central.standing_of(_receipts([asset])).receipts
        return replace(self.ask(), receipt_stands=told.stands, went_back=self.went_back)

    def stand(self, assets: list[Asset]) -> list[bool]:
        return [one.stands for one in self.central.standing_of(_receipts(assets)).receipts]

    def held(self, assets: list[Asset]) -> list[bool]:
        return [one.held for one in self.central.standing_of(_receipts(assets)).receipts]


def _receipts(assets: list[Asset]) -> list[tuple[object, object]]:
    return [(asset.asset_id, asset.receipt.receipt_id) for asset in assets if asset.receipt]


@pytest.fixture
def dock() -> Doubting:
    made = Doubting()
    made.serve({VIDEO: CONTENT})
    return made


def test_a_file_leaves_its_card_only_while_central_stands_by_its_receipt(dock: Doubting) -> None:
    before = dock.central.store.backup()
    dock.deliver()
    dock.central.store.held = before  # put back from a copy; its epoch is what it was
    dock.round()
    assert VIDEO in {file.path for file in dock.session._card.list().files}
    assert dock.at().state is State.STAGED, "it travels again"
    dock.deliver()
    dock.round(2)
    assert dock.at().state is State.ERASED


def test_nothing_is_erased_while_central_is_known_to_have_gone_back(dock: Doubting) -> None:
    dock.went_back = True
    dock.deliver()
    dock.round(2)
    assert dock.at().state is State.VERIFIED
    dock.went_back = False
    dock.round(2)
    assert dock.at().state is State.ERASED


@pytest.fixture
def keeper(dock: Doubting) -> SpoolKeeper:
    dock.spool.min_free = dock.spool.disk.total  # under pressure: age does not count
    return SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand)


def test_a_copy_is_released_only_while_central_stands_by_its_receipt(dock: Doubting, keeper: SpoolKeeper) -> None:
    before = dock.central.store.backup()
    dock.deliver()
    dock.central.store.held = before
    assert keeper.round(1, lambda: 1) == 0
    assert (dock.at().state, dock.at().spooled) == (State.STAGED, True)
    dock.deliver()
    assert keeper.round(1, lambda: 1) == 1


def test_a_copy_whose_object_is_gone_from_central_s_disk_is_sent_again_not_released(
    dock: Doubting, keeper: SpoolKeeper
) -> None:
    dock.deliver()
    dock.central.objects.clear()
    assert keeper.round(1, lambda: 1) == 0
    assert dock.at().state is State.STAGED


def test_while_central_is_set_back_no_copy_goes_and_what_it_lost_is_sent_again(
    dock: Doubting, keeper: SpoolKeeper
) -> None:
    dock.deliver()
    assert keeper.round(1, lambda: 1, went_back=True) == 0
    assert dock.at().state is State.VERIFIED, "what it still holds is left alone"
    dock.central.store.held.receipts.clear()
    again = SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand)
    assert again.round(1, lambda: 1, went_back=True) == 0
    assert dock.at().state is State.STAGED


def test_every_copy_of_an_older_epoch_is_verified_anew_however_many_there_are() -> None:
    dock = Doubting()
    dock.serve({b"DCIM/%04d.MP4" % number: b"%d" % number for number in range(450)})
    dock.deliver()
    keeper = SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand)
    keeper.round(2, lambda: 2)
    assert not [asset for asset in dock.ledger.releasable(dock.clock.now().wall) if asset.receipt]
    assert len(dock.ledger.assets_in(State.STAGED)) == 450


def test_a_clock_that_is_years_slow_keeps_no_lost_copy_from_being_sent_again() -> None:
    dock = Doubting()
    dock.serve({b"DCIM/%04d.MP4" % number: b"%d" % number for number in range(3)})
    dock.deliver()
    dock.clock.set_wall(dock.clock.now().wall - timedelta(days=9000))
    SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand).round(2, lambda: 2)
    assert len(dock.ledger.assets_in(State.STAGED)) == 3
    dock.deliver()
    dock.central.store.held.receipts.clear()
    keeper = SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand)
    keeper.round(2, lambda: 2, went_back=True)
    assert len(dock.ledger.assets_in(State.STAGED)) == 3


def test_what_nobody_holds_any_more_is_named_once_and_what_central_kept_is_not(dock: Doubting) -> None:
    other = b"DCIM/2.MP4"
    dock.deliver()
    dock.round(2)
    kept = dock.central.store.backup()
    dock.plug({other: b"footage of the second"})
    dock.session.round(dock.begin())
    dock.deliver()
    dock.round(2)
    for path in (VIDEO, other):
        dock.ledger.commit(c.CopyReleased(at=dock.clock.now(), asset_id=dock.at(path).asset_id, reason="test"))
        dock.spool.release(dock.at(path).asset_id)
    dock.central.store.restore(kept)
    recheck = Recheck(dock.ledger, dock.clock, dock.held)
    assert recheck.round(1) == 0
    assert recheck.round(2) == 1
    assert recheck.round(2) == 0
    assert (dock.at(other).state, dock.at(other).reason) == (State.QUARANTINED, "lost_at_central")
    assert dock.at(VIDEO).state is State.ERASED
    assert dock.events().count("AssetLost") == 1

    # Its camera is docked once more, and the file is on it after all.
    dock.plug({other: b"footage of the second"})
    dock.session.round(dock.begin())
    dock.round(2)
    dock.ledger.remember(store_epoch="2")
    dock.deliver()
    assert dock.at(other).state is State.VERIFIED


def test_room_is_made_for_a_file_that_waits_on_its_card_but_not_for_one_that_could_never_fit(dock: Doubting) -> None:
    dock.deliver()
    keeper = SpoolKeeper(dock.ledger, dock.spool, dock.clock, timedelta(days=7), dock.stand)
    space = dock.spool.space()
    assert keeper.round(1, lambda: 1) == 0
    assert keeper.round(1, lambda: 1, wanted=space.total + 1) == 0
    assert keeper.round(1, lambda: 1, wanted=space.free - space.min_free + 1) == 1
