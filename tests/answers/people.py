"""People as the tests know them, and short ways to let them speak."""

from __future__ import annotations

from typing import Any

from central.answers.closing import find, withdraw
from central.answers.kinds import Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.rights import Person
from central.answers.saying import Saying, say
from central.config import CentralConfig
from tests.watching.telling import at

CONFIG = CentralConfig()
LEE = Person("lee@pd.example", frozenset({"officer"}), frozenset({"7"}))
CHEN = Person("chen@pd.example", frozenset({"supervisor"}))
DIAZ = Person("diaz@pd.example", frozenset({"supervisor"}))
IT = Person("it@pd.example", frozenset({"it"}))
ADMIN = Person("chief@pd.example", frozenset({"admin"}))
AUDITOR = Person("audit@pd.example", frozenset({"auditor"}))
SERGEANT_LEE = Person("lee@pd.example", frozenset({"supervisor"}), frozenset({"7"}))
"""A supervisor who is officer 7 himself."""


def says(person: Person, kind: Kind, minute: float, shift_id: str = "S1", **more: Any) -> Answer:
    """He says it, of a shift that he sees."""
    return say(Saying(kind, shift_id, person, sees=True, **{"text": "because", **more}), CONFIG, at(minute))


def finds(person: Person, answer: Answer, outcome: Outcome, minute: float, text: str = "because") -> Closing:
    return find(answer.pk, outcome, person, text, at(minute))


def takes_back(person: Person, answer: Answer, minute: float) -> Closing:
    return withdraw(answer.pk, person, "a mistake", at(minute))
