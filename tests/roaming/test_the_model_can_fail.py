"""The product is broken on purpose, one promise at a time; the same machine must notice within its steps in CI."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agent.daemon.bays import Names
from agent.errors import DockError
from agent.pipeline import erase, keep_spool, unlink
from agent.pipeline.stage_card import CardStaging
from agent.reporting.outbox import Outbox
from agent.rules import changes as c
from agent.rules.footage import CardFile
from agent.rules.stock import seen
from simulator import ledger
from simulator.disk import MemoryDisk
from tests.roaming import station
from tests.roaming.invariants import Broken
from tests.roaming.roam import roam

STEPS = 20_000
Patch = pytest.MonkeyPatch


def epoch_is_ignored(patch: Patch) -> None:
    judged = erase.may_erase

    def lax(asset: Any, card: Any, policy: Any, central: Any, now: Any) -> Any:
        if asset.receipt is not None and central.store_epoch is not None:
            epoch = asset.receipt.store_epoch
            central = replace(central, store_epoch=epoch, receipt_stands=True, went_back=False)
        return judged(asset, card, policy, central, now)

    patch.setattr(erase, "may_erase", lax)


def erased_without_reading_again(patch: Patch) -> None:
    patch.setattr(unlink, "_difference", lambda *_: "")


def io_error_is_forgotten(patch: Patch) -> None:
    judged = erase.may_erase
    patch.setattr(
        erase, "may_erase", lambda asset, card, *others: judged(asset, replace(card, troubled=False), *others)
    )


def names_are_believed(patch: Patch) -> None:
    patch.setattr(Names, "claim", lambda *_: None)
    patch.setattr(Names, "is_contested", lambda *_: False)


def copies_go_too_early(patch: Patch) -> None:
    patch.setattr(keep_spool, "may_release", lambda asset, **_: asset.spooled and asset.receipt is not None)


def unknown_copies_are_tidied_up(patch: Patch) -> None:
    def tidy(memory: Any, spool: Any, *_: Any) -> None:
        for asset_id, _sidecar in list(spool.sidecars()):
            if memory.asset(asset_id) is None:
                spool.release(asset_id)

    patch.setattr(station, "take_over_spool", tidy)


def copies_are_not_synced(patch: Patch) -> None:
    patch.setattr(MemoryDisk, "sync_names", lambda _disk: None)


def size_and_time_are_believed(patch: Patch) -> None:
    def believing(staging: CardStaging, resembles: Any, file: CardFile, card: Any, stock: Any) -> bool:
        stock.handled[seen(file)] = resembles[0].asset_id
        return True

    patch.setattr(CardStaging, "_is_one_of", believing)


def a_change_leaves_no_event(patch: Patch) -> None:
    told = ledger.event_of
    patch.setattr(
        ledger,
        "event_of",
        lambda change, *others: None if isinstance(change, c.AssetSeenAgain) else told(change, *others),
    )


def answers_are_not_waited_for(patch: Patch) -> None:
    sent = Outbox.send

    def careless(outbox: Outbox) -> int:
        head = outbox._ledger.head()
        try:
            return sent(outbox)
        except DockError:
            outbox._ledger.remember(acknowledged=str(head.number if head else 0))
            raise

    patch.setattr(Outbox, "send", careless)


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("sabotage", "broken"),
    [
        (epoch_is_ignored, "I1"),
        (erased_without_reading_again, "I1"),
        (io_error_is_forgotten, "I1"),
        (names_are_believed, "I1|says"),
        (copies_go_too_early, "I2"),
        (unknown_copies_are_tidied_up, "I2"),
        (copies_are_not_synced, "I2|says"),
        (a_change_leaves_no_event, "I6"),
        (size_and_time_are_believed, "I4|says"),
        (answers_are_not_waited_for, "I4|I7"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_the_model_notices_when(
    sabotage: Callable[[Patch], None], broken: str, monkeypatch: Patch, tally: Callable[[str], None]
) -> None:
    sabotage(monkeypatch)
    told: Counter[str] = Counter()
    with pytest.raises(Broken, match=broken):
        roam(11, STEPS, told.update, shortens=False)
    tally(
        f"roaming model, broken on purpose ({sabotage.__name__.replace('_', ' ')}): noticed in {told.total()} steps"
    )


def test_a_failure_is_told_as_a_short_story(monkeypatch: Patch) -> None:
    io_error_is_forgotten(monkeypatch)
    with pytest.raises(Broken) as broken:
        roam(11, STEPS)
    promise, _, story = str(broken.value).partition("The story:\n")
    assert "is unlinked after an I/O error in this dock" in promise
    assert "cannot be read from byte" in story
    assert len(story.splitlines()) <= 15
