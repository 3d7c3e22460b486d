"""The most urgent true thing, and never more than is true."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from agent.rules.bay_words import BayState, BayView, bay_says

DONE = BayView(occupied=True, identified=True)


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (BayView(occupied=False), BayState.FREE),
        (BayView(occupied=False, left_behind=2), BayState.PUT_BACK),
        (BayView(occupied=True), BayState.IDENTIFYING),
        (replace(DONE, not_copied=1), BayState.DO_NOT_REMOVE),
        (replace(DONE, erasing=True), BayState.DO_NOT_REMOVE),
        (replace(DONE, need_it=1), BayState.LEAVE_IN_BAY),
        (replace(DONE, not_settled=1), BayState.MAY_BE_TAKEN),
        (replace(DONE, refused=True), BayState.NOT_OUR_CAMERA),
        (replace(DONE, troubled=True), BayState.USE_ANOTHER_BAY),
        (DONE, BayState.SAFE_TO_REMOVE),
    ],
)
def test_each_situation_has_its_word(view: BayView, says: BayState) -> None:
    assert bay_says(view) is says


ORDER = [
    ("refused", BayState.NOT_OUR_CAMERA),
    ("troubled", BayState.USE_ANOTHER_BAY),
    ("erasing", BayState.DO_NOT_REMOVE),
    ("not_copied", BayState.DO_NOT_REMOVE),
    ("need_it", BayState.LEAVE_IN_BAY),
    ("not_settled", BayState.MAY_BE_TAKEN),
]


def test_of_several_true_things_the_most_urgent_is_said() -> None:
    for values in product((False, True), repeat=len(ORDER)):
        facts = {name: value for (name, _), value in zip(ORDER, values, strict=True)}
        view = replace(DONE, **facts)
        expected = next((says for name, says in ORDER if facts[name]), BayState.SAFE_TO_REMOVE)
        assert bay_says(view) is expected, facts


def test_nothing_is_promised_of_a_camera_that_is_not_known_yet() -> None:
    for values in product((False, True), repeat=4):
        view = BayView(True, False, False, False, values[0], values[1], values[2], values[3])
        assert bay_says(view) is BayState.IDENTIFYING


def test_the_words_are_those_of_the_contract() -> None:
    assert {state.value for state in BayState} == {
        "free",
        "identifying",
        "do not remove",
        "may be taken",
        "safe to remove",
        "leave in bay",
        "put back",
        "not our camera",
        "use another bay",
    }
