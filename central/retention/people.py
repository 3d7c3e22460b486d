"""Who acts, as the rights take him: his roles and how he stands to one asset."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from central.retention.reasons import Refusal, RetentionRefused
from central.retention.rights import Person
from central.roster.models import Officer, Shift, Unit

LONGEST = {"reason": 1000, "request number": 64}
SHORTEST_REASON = 3


def person_named(email: str, shifts: Iterable[Shift]) -> Person:
    """The person with this address, and how he stands to footage of these shifts.

    Raises:
        RetentionRefused: nobody has it who may log in.
    """
    user = User.objects.filter(username__iexact=email.strip(), is_active=True).first()
    if user is None:
        raise RetentionRefused(Refusal.NO_SUCH_PERSON, email=repr(email))
    roles = frozenset(user.groups.values_list("name", flat=True))
    return person_of(user.email or user.username, roles, shifts)


def person_of(email: str, roles: frozenset[str], shifts: Iterable[Shift]) -> Person:
    """An address is compared without regard to case."""
    shifts, folded = list(shifts), email.strip().lower()
    own = set(Officer.objects.filter(email__iexact=folded).values_list("pk", flat=True)) if folded else set()
    return Person(
        folded,
        roles,
        is_own=any(one.officer_id in own for one in shifts),
        answers_for=bool(folded) and any(_supervises(folded, one) for one in shifts[:1]),
    )


def _supervises(email: str, shift: Shift) -> bool:
    """The likeliest shift's supervisor, or anybody to whom its unit's notices go."""
    unit = Unit.objects.filter(pk=shift.unit).first()
    named = () if unit is None else (unit.supervisor_email, unit.escalate_to_email, unit.on_duty_email)
    return email in {one.strip().lower() for one in (shift.supervisor_email, *named)}


def owner_of(shifts: Iterable[Shift], units: dict[str, Unit]) -> str:
    """Whose list footage stands on: the supervisor of the shift, of its unit, else an administrator."""
    for shift in shifts:
        unit = units.get(shift.unit)
        owner = shift.supervisor_email or ("" if unit is None else unit.supervisor_email)
        if owner:
            return owner.strip().lower()
    return "admin"


def checked_reason(text: str) -> str:
    """Raises `RetentionRefused` unless it says something."""
    said = " ".join(text.split())
    if not SHORTEST_REASON <= len(said) <= LONGEST["reason"]:
        raise RetentionRefused(Refusal.NO_REASON)
    return said


def checked_number(text: str) -> str:
    """Raises `RetentionRefused` unless it is a number of a case, request or complaint."""
    said = " ".join(text.split())
    if not said:
        raise RetentionRefused(Refusal.NO_REQUEST_NUMBER)
    if len(said) > LONGEST["request number"]:
        raise RetentionRefused(Refusal.TOO_LONG, what="The request number", most=LONGEST["request number"])
    return said
