"""A station's state may be deleted only when central has all of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent.rules.footage import State
from agent.rules.purging import LeftHere, obstacles
from tests.rules.receipted import ASSET

NAMES = (f"{ASSET.asset_id}.footage", f"{ASSET.asset_id}.json")
RECEIPTED = LeftHere(
    has_ledger=True, copies=dict.fromkeys(NAMES, ASSET), store_epoch=3, unsent=("watch_stopped", "bay_unwatched")
)


def test_it_may_go_when_every_copy_is_receipted_and_only_the_watch_s_last_words_are_unsent() -> None:
    assert obstacles(RECEIPTED) == ()


def test_a_station_that_never_worked_has_nothing_to_lose() -> None:
    assert obstacles(LeftHere(has_ledger=False)) == ()


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"copies": {NAMES[0]: replace(ASSET, receipt=None, state=State.STAGED)}}, "1 copies have no receipt"),
        ({"copies": {NAMES[0]: replace(ASSET, verified_at=None)}}, "1 copies have no receipt"),
        ({"copies": {NAMES[0]: replace(ASSET, receipt=None, state=State.QUARANTINED)}}, "1 copies have no receipt"),
        ({"store_epoch": 4}, "1 copies have no receipt of the central that stands now"),
        ({"store_epoch": None}, "1 copies have no receipt"),
        ({"copies": {**RECEIPTED.copies, "x.part": None}}, "1 files in the spool are unfinished"),
        ({"has_ledger": False, "copies": dict.fromkeys(NAMES)}, "2 files are in the spool, and there is no ledger"),
        ({"went_back": True}, "Central was restored from a copy"),
        ({"unsent": ("asset_erased", "watch_stopped")}, "1 custody events were not yet acknowledged"),
        ({"kept_ledgers": ("ledger-1.db",)}, "ledger-1.db: kept as evidence"),
        ({"unsent": ("camera_undocked",)}, "1 custody events were not yet acknowledged"),
    ],
)
def test_it_stays_for_whatever_central_may_lack(changed: dict[str, object], why: str) -> None:
    (reason,) = obstacles(replace(RECEIPTED, **changed))  # type: ignore[arg-type]
    assert reason.startswith(why)
