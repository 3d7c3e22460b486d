"""When a password may be tried on a locked camera."""

from __future__ import annotations

import pytest

from agent.rules.unlock_guard import Tries, decoded, of_password, refused, taken, tried, why_not

SALT = bytes(range(16))
FRESH = of_password(Tries(), "123456", SALT)


def after_refusal(tries: Tries, plug: str) -> Tries:
    return refused(tried(tries, plug))


def test_a_fresh_password_may_be_tried() -> None:
    assert why_not(FRESH, "plug-1") == ""


def test_who_died_in_the_middle_does_not_try_again_on_that_plug_but_may_on_another() -> None:
    begun = tried(FRESH, "plug-1")
    assert "did not take it" in why_not(begun, "plug-1")
    assert why_not(begun, "plug-2") == ""


def test_one_refusal_of_a_password_that_nobody_ever_took_is_enough() -> None:
    once = after_refusal(FRESH, "plug-1")
    assert "none has ever taken it" in why_not(once, "plug-2")


def test_a_proven_password_is_in_doubt_after_two_refusals_in_a_row() -> None:
    proven = taken(tried(FRESH, "plug-1"), "plug-1")
    assert why_not(proven, "plug-1") == ""
    once = after_refusal(proven, "plug-2")
    assert why_not(once, "plug-2")
    assert why_not(once, "plug-3") == ""
    assert why_not(after_refusal(once, "plug-3"), "plug-4")
    between = taken(tried(once, "plug-3"), "plug-3")
    assert why_not(after_refusal(between, "plug-4"), "plug-5") == ""


def test_another_password_is_a_new_beginning_and_the_same_is_not() -> None:
    once = after_refusal(FRESH, "plug-1")
    assert of_password(once, "123456", b"other salt, same") == once
    assert why_not(of_password(once, "654321", SALT), "plug-1") == ""
    assert why_not(of_password(once, "123456\n# again", SALT), "plug-1") == "", "any change in the file says so"


def test_what_is_remembered_comes_back_and_does_not_hold_the_password() -> None:
    once = after_refusal(FRESH, "plug-1")
    assert decoded(once.encoded()) == once
    assert "123456" not in once.encoded()
    assert decoded(None) == Tries()


@pytest.mark.parametrize("text", ["x", "[]", '{"salt": "00"}', "null"])
def test_a_damaged_note_lets_nobody_try(text: str) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        decoded(text)


def test_the_list_of_plugs_stays_short() -> None:
    tries = FRESH
    for number in range(300):
        tries = tried(tries, f"plug-{number}")
    assert len(tries.tried_plugs) == 100
