"""Who may document why a recording is late, short or missing, and who may decide about that. Pure.

An officer documents his own dispatches, a supervisor those of the officers whom he sees. Nobody approves his own
word, or one about himself.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from central.answers.rights import ADMIN, SUPERVISOR, Person

OFFICER = "officer"
LONGEST_SPAN = timedelta(days=31)
MOST_TEXT = 2000
"""Characters."""


class NotTaken(Exception):
    """Nothing was written. The text says why; `status` is the answer's."""

    def __init__(self, sentence: str, status: int = 409) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Saying:
    """What somebody wants to document."""

    by: Person
    officer_id: str
    sees: bool
    """Whether the officer's dispatches are among those that he may see."""
    reason: str
    since: datetime
    until: datetime
    dispatch_id: str = ""
    note: str = ""


def refuse_saying(saying: Saying, reasons: frozenset[str]) -> None:
    """Raises `NotTaken` unless he may document this."""
    by = saying.by
    own = by.is_officer(saying.officer_id)
    if not saying.sees and not own:
        raise NotTaken("There is no such officer, or he is not among those that you see.", 404)
    if not (own and by.roles & {OFFICER, SUPERVISOR, ADMIN}) and not by.roles & {SUPERVISOR, ADMIN}:
        raise NotTaken("Your role may not document this. The officer himself or his supervisor may.", 403)
    if saying.reason not in reasons:
        raise NotTaken("Choose one of the reasons.", 400)
    if len(saying.note) > MOST_TEXT:
        raise NotTaken(f"The note is too long: {MOST_TEXT} characters are kept.", 400)
    if not timedelta(0) <= saying.until - saying.since <= LONGEST_SPAN:
        raise NotTaken(f"The span must end after it begins, and last {LONGEST_SPAN.days} days at most.", 400)


def refuse_deciding(by: Person, officer_id: str, said_by: str, *, sees: bool) -> None:
    """Raises `NotTaken` unless he may approve or refuse it."""
    if not sees:
        raise NotTaken("There is no such exception, or it is not among those that you see.", 404)
    if not by.roles & {SUPERVISOR, ADMIN}:
        raise NotTaken("Your role may not decide this. A supervisor of this unit may.", 403)
    if by.is_officer(officer_id) or by.email == said_by:
        raise NotTaken("Nobody decides about himself, or about his own word: ask another supervisor.", 403)


def refuse_withdrawing(by: Person, said_by: str) -> None:
    """Raises `NotTaken` unless he may take it back."""
    if by.email != said_by and ADMIN not in by.roles:
        raise NotTaken("Only whoever said this may withdraw it, or an administrator.", 403)
