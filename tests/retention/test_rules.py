"""The rule that decides whether a person may delete footage: a refusal by default."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.config import Category, Retention
from central.retention.categories import FOR_EVER, UNCLASSIFIED, Minimum, lowest
from central.retention.policy import minimums
from central.retention.reasons import REFUSALS, SENTENCES, Kept, Refusal, RetentionRefused
from central.retention.rights import Person, Step, refuse_categorising, refuse_deleting, refuse_releasing
from central.retention.rules import Facts, begins_at, decide, kept_until

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MAY_GO = Facts(
    category="traffic",
    minimum=Minimum(30 * DAY),
    is_lowest=False,
    recorded_until=NOON - 5 * DAY,
    arrived_at=NOON,
    state="ERASED",
    stored=True,
    held=False,
    linked=False,
    clock_in_doubt=False,
)
OBJECTIONS: dict[Kept, dict[str, Any]] = {
    Kept.DELETED: {"deleted": True},
    Kept.NOT_STORED: {"stored": False},
    Kept.ROTTEN: {"rotten": True},
    Kept.NOT_VERIFIED: {"arrived_at": None},
    Kept.ON_CAMERA: {"state": "KEPT"},
    Kept.HOLD: {"held": True},
    Kept.UNCLASSIFIED: {"category": UNCLASSIFIED, "minimum": None},
    Kept.CATEGORY_UNKNOWN: {"minimum": None},
    Kept.FOREVER: {"minimum": FOR_EVER},
    Kept.BEFORE_MINIMUM: {"minimum": Minimum(31 * DAY)},
    Kept.CONFLICT: {"linked": True, "is_lowest": True},
    Kept.CLOCK_IN_DOUBT: {"clock_in_doubt": True},
}


def test_what_nobody_knows_anything_about_is_kept_for_every_reason() -> None:
    told = decide(Facts(), NOON)
    assert not told.may_go
    assert {Kept.NOT_STORED, Kept.NOT_VERIFIED, Kept.ON_CAMERA, Kept.HOLD, Kept.UNCLASSIFIED} <= set(told.kept)


def test_it_may_go_from_the_instant_on_at_which_its_minimum_is_over() -> None:
    assert decide(MAY_GO, NOON + 30 * DAY).may_go
    assert decide(MAY_GO, NOON + 30 * DAY - timedelta(microseconds=1)).kept == (Kept.BEFORE_MINIMUM,)


@pytest.mark.parametrize("why", [*Kept])
def test_each_objection_alone_keeps_it(why: Kept) -> None:
    told = decide(replace(MAY_GO, **OBJECTIONS[why]), NOON + 30 * DAY)
    assert why in told.kept
    assert not told.may_go


@pytest.mark.parametrize("state", ["FOUND", "STAGED", "UPLOADED", "VERIFIED", "KEPT", "QUARANTINED", "", "erased"])
def test_a_file_that_may_still_be_on_its_camera_is_kept(state: str) -> None:
    assert decide(replace(MAY_GO, state=state), NOON + 99 * DAY).kept == (Kept.ON_CAMERA,)


@given(
    facts=st.builds(
        Facts,
        category=st.sampled_from([UNCLASSIFIED, "traffic"]),
        minimum=st.sampled_from([None, FOR_EVER, Minimum(30 * DAY)]),
        is_lowest=st.booleans(),
        recorded_until=st.sampled_from([None, NOON - 5 * DAY, NOON + 900 * DAY, datetime(1970, 1, 1, tzinfo=UTC)]),
        arrived_at=st.sampled_from([None, NOON]),
        state=st.sampled_from(["ERASED", "GONE", "KEPT", "VERIFIED"]),
        stored=st.booleans(),
        deleted=st.booleans(),
        rotten=st.booleans(),
        held=st.booleans(),
        linked=st.booleans(),
        clock_in_doubt=st.booleans(),
    ),
    days=st.integers(-10, 1000),
)
def test_whatever_may_go_has_not_one_thing_against_it(facts: Facts, days: int) -> None:
    """Said anew, without the rule's own words."""
    now = NOON + days * DAY
    may_go = (
        facts.stored
        and not (facts.deleted or facts.rotten or facts.held or facts.clock_in_doubt)
        and facts.arrived_at is not None
        and facts.state in ("ERASED", "GONE")
        and facts.category != UNCLASSIFIED
        and facts.minimum == Minimum(30 * DAY)
        and not (facts.linked and facts.is_lowest)
        and now >= max(NOON, facts.recorded_until or NOON) + 30 * DAY
    )
    assert decide(facts, now).may_go == may_go


@given(recorded=st.none() | st.integers(-20_000, 27_000).map(lambda days: NOON + days * DAY))
def test_no_clock_of_a_camera_shortens_a_retention(recorded: datetime | None) -> None:
    told = replace(MAY_GO, recorded_until=recorded)
    assert begins_at(told) is not None
    assert kept_until(told) >= NOON + 30 * DAY  # type: ignore[operator]


def test_docking_five_days_late_eats_nothing_of_the_retention() -> None:
    late = replace(MAY_GO, recorded_until=NOON - 5 * DAY, arrived_at=NOON)
    assert kept_until(late) == NOON + 30 * DAY


def test_beyond_the_end_of_the_calendar_is_never() -> None:
    told = decide(replace(MAY_GO, recorded_until=datetime(9999, 12, 30, tzinfo=UTC)), NOON + 999 * DAY)
    assert (told.may_go, told.kept) == (False, (Kept.BEFORE_MINIMUM,))


def test_the_facts_keep_by_default() -> None:
    """A field that somebody adds must keep footage until it is filled in."""
    assert {one.name for one in fields(Facts)} == {
        *("category", "minimum", "is_lowest", "recorded_until", "arrived_at", "state", "stored", "deleted"),
        *("rotten", "held", "linked", "clock_in_doubt"),
    }


def test_departments_add_to_the_safe_set_and_change_it_but_lose_nothing_of_it() -> None:
    known = minimums(Retention(category={"traffic": Category("10d"), "parade": Category("forever")}))
    assert (known["traffic"], known["parade"]) == (Minimum(10 * DAY), FOR_EVER)
    assert known["use_of_force"] == FOR_EVER
    assert lowest(known) == {"traffic"}
    assert UNCLASSIFIED not in known


def test_every_reason_and_refusal_has_a_sentence() -> None:
    assert set(SENTENCES) == set(Kept)
    assert set(REFUSALS) == set(Refusal)


SHORT, LONG = Minimum(10 * DAY), Minimum(99 * DAY)
FIRST = Step(UNCLASSIFIED, "traffic", None, SHORT)
SHORTER = Step("arrest", "traffic", LONG, SHORT)
LONGER = Step("traffic", "arrest", SHORT, LONG)


def person(role: str, **more: bool) -> Person:
    return Person("a@x", frozenset({role}), **more)


@pytest.mark.parametrize(
    ("who", "step", "refusal"),
    [
        (person("officer", is_own=True), FIRST, None),
        (person("officer", is_own=True), LONGER, None),
        (person("officer", is_own=True), SHORTER, Refusal.OWN_ONCE),
        (person("officer"), FIRST, Refusal.ROLE),
        (person("supervisor", answers_for=True), SHORTER, None),
        (person("supervisor"), FIRST, Refusal.NOT_SEEN),
        (person("supervisor", answers_for=True, is_own=True), SHORTER, Refusal.OWN_ONCE),
        (person("admin", is_own=True), SHORTER, Refusal.OWN_ONCE),
        (person("admin"), SHORTER, None),
        (person("it"), FIRST, Refusal.ROLE),
        (person("auditor"), FIRST, Refusal.ROLE),
        (person("officer", is_own=True), Step("gone", "traffic", None, SHORT), Refusal.OWN_ONCE),
    ],
)
def test_who_may_say_what_footage_is(who: Person, step: Step, refusal: Refusal | None) -> None:
    if refusal is None:
        refuse_categorising(who, step)
        return
    with pytest.raises(RetentionRefused) as caught:
        refuse_categorising(who, step)
    assert caught.value.name is refusal


@pytest.mark.parametrize("act", [refuse_deleting, refuse_releasing])
def test_an_administrator_alone_deletes_and_releases_and_nobody_his_own(act: Any) -> None:
    act(person("admin"))
    for who in (person("admin", is_own=True), *map(person, ("it", "auditor", "officer", "supervisor"))):
        with pytest.raises(RetentionRefused):
            act(who)
