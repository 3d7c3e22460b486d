"""The power goes at every call of a station's life, and at every call of each recovery: I1 to I7 hold everywhere.

How it works, and what it cannot show: docs/invariants.md.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.volume import LOSSES, Loss
from tests.crash.exploring import explore
from tests.crash.manners import IN_TURN, OVERLAPPING, in_pieces
from tests.crash.station import Manner
from tests.scale import amount, dice

Tally = Callable[[str], None]


def _losses() -> tuple[Loss, ...]:
    """Under `make soak` every loss at random is another one each time."""
    chance = dice(1)
    more = amount(ci=0, soak=30)
    return LOSSES + tuple(Loss(f"seed {seed}", 0.5, 0.5, 0.5, seed) for seed in chance.sample(range(10**6), more))


def _holds_everywhere(manner: Manner, tally: Tally) -> None:
    cuts = amount(ci=2, soak=5)
    found = explore(manner, cuts=cuts, losses=_losses())
    tally(found.tell(manner.name))
    assert found.broken == []
    assert found.points[0] > 800
    assert found.points[1] > 30 * found.points[0]
    assert found.states[0] > 60
    assert found.states[1] > found.states[0]


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_wherever_the_power_goes(tally: Tally) -> None:
    _holds_everywhere(IN_TURN, tally)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_wherever_the_power_goes_while_files_are_uploaded_in_pieces_beside_and_during_staging(
    tally: Tally, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_pieces(monkeypatch)
    _holds_everywhere(OVERLAPPING, tally)


def test_a_life_is_the_same_each_time_it_is_lived() -> None:
    """Else a failure could not be looked into."""
    one, two = (explore(OVERLAPPING, cuts=1) for _ in range(2))
    assert (one.points, one.states, one.worlds) == (two.points, two.states, two.worlds)
