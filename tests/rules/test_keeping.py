"""A copy is let go only for a receipt of the central that stands now."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from agent.rules.erasure import CLOCK_LIMIT_MS
from agent.rules.footage import Asset
from agent.rules.keeping import may_release
from tests.rules.receipted import AGE, ASSET, NOW


def goes(
    asset: Asset = ASSET,
    *,
    keep: timedelta = AGE,
    epoch: int | None = 3,
    offset_ms: float | None = 0.0,
    pressure: bool = False,
) -> bool:
    return may_release(
        asset, now=NOW, keep=keep, store_epoch=epoch, clock_offset_ms=offset_ms, under_pressure=pressure
    )


def test_a_copy_goes_when_it_was_kept_as_long_as_promised() -> None:
    assert goes()
    assert not goes(keep=AGE + timedelta(microseconds=1))
    assert goes(keep=AGE + timedelta(microseconds=1), pressure=True)


@pytest.mark.parametrize("pressure", [False, True])
@pytest.mark.parametrize("changed", [{"receipt": None}, {"verified_at": None}, {"spooled": False}])
def test_nothing_goes_without_its_receipt(changed: dict[str, object], pressure: bool) -> None:
    assert not goes(replace(ASSET, **changed), pressure=pressure)  # type: ignore[arg-type]


@pytest.mark.parametrize("pressure", [False, True])
@pytest.mark.parametrize("epoch", [None, 2, 4])
def test_nothing_goes_while_central_is_away_or_was_restored(epoch: int | None, pressure: bool) -> None:
    assert not goes(epoch=epoch, pressure=pressure)


@pytest.mark.parametrize("offset_ms", [None, CLOCK_LIMIT_MS + 1, -CLOCK_LIMIT_MS - 1])
def test_by_age_nothing_goes_while_our_clock_is_not_centrals(offset_ms: float | None) -> None:
    assert not goes(offset_ms=offset_ms)
    assert goes(offset_ms=offset_ms, pressure=True), "space is no question of time"


@pytest.mark.parametrize("offset_ms", [CLOCK_LIMIT_MS, -CLOCK_LIMIT_MS])
def test_a_clock_just_within_its_limit_is_trusted(offset_ms: float) -> None:
    assert goes(offset_ms=offset_ms)
