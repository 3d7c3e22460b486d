"""Who may say what, who may find what, who may take it back. Pure: every role and kind is a row of a table.

Nobody decides about himself: whoever is the shift's officer, whatever his role, may contest and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from central.answers.kinds import DECISIONS, Kind, Outcome
from central.answers.refusals import Refusal, Refused

IT, SUPERVISOR, ADMIN = "it", "supervisor", "admin"
MAY_SAY: Mapping[Kind, frozenset[str]] = {
    Kind.SAID_DOCKED: frozenset({SUPERVISOR, IT, ADMIN}),
    Kind.OTHER_CAMERA: frozenset({SUPERVISOR, IT, ADMIN}),
    Kind.SHIFT_END_WRONG: frozenset({SUPERVISOR, IT, ADMIN}),
    Kind.REPAIR: frozenset({SUPERVISOR, IT, ADMIN}),
    Kind.LEAVE_OR_COURT: frozenset({SUPERVISOR, ADMIN}),  # IT does not know who is in court
    Kind.LOST: frozenset({SUPERVISOR, IT, ADMIN}),
    Kind.CONTEST: frozenset({SUPERVISOR, ADMIN}),  # for an officer who does not log in; his own he contests himself
}
MAY_CHECK = frozenset({IT, ADMIN})
MAY_DECIDE = frozenset({SUPERVISOR, ADMIN})
ADMINISTRATOR = "an administrator"


@dataclass(frozen=True)
class Person:
    """Who speaks. `officer_ids`: the officers of the roster that he is himself."""

    email: str
    roles: frozenset[str]
    officer_ids: frozenset[str] = frozenset()

    def is_officer(self, officer_id: str) -> bool:
        return officer_id in self.officer_ids


@dataclass(frozen=True)
class Said:
    """An answer as far as rights depend on it."""

    kind: Kind
    officer_id: str
    said_by: str
    decider: str = ""
    answered_by: frozenset[str] = frozenset()
    """Everybody who gave an answer to this shift, contests aside."""


def refuse_saying(person: Person, kind: Kind, officer_id: str, *, sees: bool) -> None:
    """Raises `Refused` unless he may say this of a shift of that officer; `sees`: it is among those that he sees."""
    if person.is_officer(officer_id):
        if kind is not Kind.CONTEST:
            raise Refused(Refusal.OWN_SHIFT)
        return
    if not sees:
        raise Refused(Refusal.NOT_SEEN)
    if not person.roles & MAY_SAY[kind]:
        raise Refused(Refusal.NOT_CONCERNED if kind is Kind.CONTEST else Refusal.ROLE)


def refuse_finding(person: Person, said: Said, outcome: Outcome) -> None:
    """Raises `Refused` unless he may say that this was found, or decided."""
    if outcome in DECISIONS:
        _refuse_deciding(person, said)
    elif person.is_officer(said.officer_id):
        raise Refused(Refusal.OWN_SHIFT)
    elif not person.roles & MAY_CHECK:
        raise Refused(Refusal.ROLE)


def is_party(person: Person, said: Said) -> bool:
    """Whether he has a part in a contest: contested, contesting, or by an answer of his own."""
    return person.is_officer(said.officer_id) or person.email in {said.said_by, *said.answered_by}


def _refuse_deciding(person: Person, said: Said) -> None:
    decider = said.decider or ADMINISTRATOR
    if is_party(person, said):
        other = ADMINISTRATOR if person.email == said.decider else decider
        raise Refused(Refusal.PARTY, decider=other[:1].upper() + other[1:])
    named = person.email == said.decider and bool(person.roles & MAY_DECIDE)
    if not named and ADMIN not in person.roles:
        raise Refused(Refusal.NOT_THE_DECIDER, decider=decider)


def refuse_withdrawing(person: Person, said: Said, ended: Outcome | None) -> None:
    """Raises `Refused` unless he may take this answer back. What IT or a decider found is not the sayer's to undo."""
    if person.is_officer(said.officer_id) and said.kind is not Kind.CONTEST:
        raise Refused(Refusal.OWN_SHIFT)
    found = ended is not None and ended not in (Outcome.DOCKED, Outcome.OWN_SHIFT)
    if said.kind is Kind.CONTEST and (found or person.email != said.said_by):
        raise Refused(Refusal.NOT_YOURS)
    if ADMIN in person.roles:
        return
    still = said.kind is Kind.CONTEST or bool(person.roles & MAY_SAY[said.kind])
    if found or not still or person.email != said.said_by:
        raise Refused(Refusal.NOT_YOURS)
