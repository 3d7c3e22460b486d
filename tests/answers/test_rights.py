"""Who may say, find and take back what: every role and kind. Pure."""

from __future__ import annotations

import pytest

from central.answers.kinds import BY_PEOPLE, CHECKS, DECISIONS, EFFECTS, FINDINGS, TITLES, Kind, Outcome
from central.answers.refusals import SENTENCES, Refusal, Refused
from central.answers.rights import Person, Said, refuse_finding, refuse_saying, refuse_withdrawing
from central.answers.saying import FOLLOWS
from central.dashboard.roles import ROLES

NOBODY = "-"
TABLE = {
    # kind: who may say it of another's shift that he sees
    Kind.SAID_DOCKED: {"it", "supervisor", "admin"},
    Kind.OTHER_CAMERA: {"it", "supervisor", "admin"},
    Kind.SHIFT_END_WRONG: {"it", "supervisor", "admin"},
    Kind.REPAIR: {"it", "supervisor", "admin"},
    Kind.LEAVE_OR_COURT: {"supervisor", "admin"},
    Kind.LOST: {"it", "supervisor", "admin"},
    Kind.CONTEST: {"supervisor", "admin"},
}


def person(role: str, email: str = "me@pd.example", officer: str = "") -> Person:
    roles = frozenset() if role == NOBODY else frozenset({role})
    return Person(email, roles, frozenset({officer} if officer else ()))


def refusal_of(ask: object, *given: object, **more: object) -> Refusal | None:
    try:
        ask(*given, **more)  # type: ignore[operator]
    except Refused as refused:
        return refused.name
    return None


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("kind", Kind)
def test_of_a_shift_that_he_sees_each_role_may_say_what_the_table_says(kind: Kind, role: str) -> None:
    assert (refusal_of(refuse_saying, person(role), kind, "7", sees=True) is None) == (role in TABLE[kind])


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("kind", Kind)
def test_of_a_shift_that_he_does_not_see_nobody_may_say_anything(kind: Kind, role: str) -> None:
    assert refusal_of(refuse_saying, person(role), kind, "7", sees=False) is Refusal.NOT_SEEN


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("kind", Kind)
def test_of_his_own_shift_everybody_may_contest_and_nothing_else(kind: Kind, role: str) -> None:
    refusal = refusal_of(refuse_saying, person(role, officer="7"), kind, "7", sees=True)
    assert refusal is (None if kind is Kind.CONTEST else Refusal.OWN_SHIFT)


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("outcome", CHECKS)
def test_only_it_closes_a_check_and_never_of_an_own_shift(outcome: Outcome, role: str) -> None:
    check = Said(Kind.SAID_DOCKED, "7", "chen@pd.example")
    refusal = refusal_of(refuse_finding, person(role), check, outcome)
    assert refusal is (None if role in ("it", "admin") else Refusal.ROLE)
    assert refusal_of(refuse_finding, person(role, officer="7"), check, outcome) is Refusal.OWN_SHIFT


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("outcome", DECISIONS)
def test_a_contest_is_decided_by_its_decider_or_an_administrator(outcome: Outcome, role: str) -> None:
    contest = Said(Kind.CONTEST, "7", "lee@pd.example", decider="captain@pd.example")
    named = refusal_of(refuse_finding, person(role, "captain@pd.example"), contest, outcome)
    assert named is (None if role in ("supervisor", "admin") else Refusal.NOT_THE_DECIDER)
    another = refusal_of(refuse_finding, person(role), contest, outcome)
    assert another is (None if role == "admin" else Refusal.NOT_THE_DECIDER)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("outcome", DECISIONS)
@pytest.mark.parametrize(
    ("part", "me"),
    [
        ("the contested", {"officer": "7"}),
        ("the contester", {"email": "lee@pd.example"}),
        ("who had answered", {"email": "chen@pd.example"}),
    ],
)
def test_nobody_with_a_part_in_a_contest_decides_it(
    outcome: Outcome, role: str, part: str, me: dict[str, str]
) -> None:
    decider = me.get("email", "me@pd.example")
    contest = Said(Kind.CONTEST, "7", "lee@pd.example", decider, frozenset({"chen@pd.example"}))
    assert refusal_of(refuse_finding, person(role, **me), contest, outcome) is Refusal.PARTY


@pytest.mark.parametrize("role", [*ROLES, NOBODY])
@pytest.mark.parametrize("kind", Kind)
def test_an_answer_is_withdrawn_by_whoever_said_it_and_still_might_or_by_an_administrator(
    kind: Kind, role: str
) -> None:
    said = Said(kind, "7", "me@pd.example")
    mine = refusal_of(refuse_withdrawing, person(role), said, None)
    assert (mine is None) == (role in TABLE[kind] or kind is Kind.CONTEST)
    others = refusal_of(refuse_withdrawing, person(role, "other@pd.example"), said, None)
    assert (others is None) == (role == "admin" and kind is not Kind.CONTEST)
    own = refusal_of(refuse_withdrawing, person(role, officer="7"), said, None)
    assert (own is None) == (kind is Kind.CONTEST), "whose shift it is takes back nothing but his contest"


@pytest.mark.parametrize("kind", [*BY_PEOPLE])
@pytest.mark.parametrize("role", ROLES)
def test_what_it_or_a_decider_found_is_not_the_sayers_to_undo(kind: Kind, role: str) -> None:
    for outcome in BY_PEOPLE[kind]:
        refusal = refusal_of(refuse_withdrawing, person(role), Said(kind, "7", "me@pd.example"), outcome)
        may = role == "admin" and kind is Kind.SAID_DOCKED
        assert refusal is (None if may else Refusal.NOT_YOURS)


def test_every_kind_outcome_and_refusal_has_its_words_and_every_kind_a_consequence() -> None:
    assert set(FOLLOWS) == set(TITLES) == set(EFFECTS) == set(Kind) == set(TABLE)
    assert set(FINDINGS) == set(Outcome)
    assert set(SENTENCES) == set(Refusal)
