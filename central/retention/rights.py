"""Who may say what footage is, who may hold and delete it. Pure. Nobody decides about himself."""

from __future__ import annotations

from dataclasses import dataclass

from central.retention.categories import FOR_EVER, UNCLASSIFIED, Minimum
from central.retention.reasons import Refusal, RetentionRefused

SUPERVISOR, OFFICER, ADMIN = "supervisor", "officer", "admin"
MAY_HOLD = frozenset({SUPERVISOR, ADMIN})
MAY_RELEASE = frozenset({ADMIN})
MAY_DELETE = frozenset({ADMIN})


@dataclass(frozen=True)
class Person:
    """Who acts, and how he stands to the asset."""

    email: str
    roles: frozenset[str]
    is_own: bool = False
    """He recorded it, whatever his role."""
    answers_for: bool = False
    """It was recorded on a shift that he supervises."""


@dataclass(frozen=True)
class Step:
    """From one category to another."""

    before: str
    after: str
    minimum_before: Minimum | None
    minimum_after: Minimum


def refuse_categorising(person: Person, step: Step) -> None:
    """Raises `RetentionRefused` unless he may take this step: an officer his own footage, once; after that, and for
    everything shorter, somebody else."""
    if person.is_own:
        if step.before != UNCLASSIFIED and step.minimum_after.is_shorter_than(step.minimum_before or FOR_EVER):
            raise RetentionRefused(Refusal.OWN_ONCE)
        if not person.roles & {OFFICER, SUPERVISOR, ADMIN}:
            raise RetentionRefused(Refusal.ROLE)
        return
    if ADMIN in person.roles:
        return
    if SUPERVISOR not in person.roles:
        raise RetentionRefused(Refusal.ROLE)
    if not person.answers_for:
        raise RetentionRefused(Refusal.NOT_SEEN)


def refuse_holding(person: Person) -> None:
    """Raises `RetentionRefused` unless he may place a hold. One's own footage too: a hold only keeps."""
    if not person.roles & MAY_HOLD:
        raise RetentionRefused(Refusal.ROLE)
    if ADMIN not in person.roles and not (person.answers_for or person.is_own):
        raise RetentionRefused(Refusal.NOT_SEEN)


def refuse_releasing(person: Person) -> None:
    """Raises `RetentionRefused` unless he may release a hold."""
    _refuse_unless(person, MAY_RELEASE)


def refuse_deleting(person: Person) -> None:
    """Raises `RetentionRefused` unless he may put it into the bin, or empty the bin of it."""
    _refuse_unless(person, MAY_DELETE)


def _refuse_unless(person: Person, roles: frozenset[str]) -> None:
    if not person.roles & roles:
        raise RetentionRefused(Refusal.ROLE)
    if person.is_own:
        raise RetentionRefused(Refusal.OWN_FOOTAGE)
