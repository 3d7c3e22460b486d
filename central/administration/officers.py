"""What people say of officers beside the roster: an address, a unit or a name where the roster has none, a note, and
that one has left.

The roster wins: what it says of an officer is changed there, and what it says one day takes over what was said here.
The address decides who is himself (nobody judges his own shift), so nobody sets or takes away his own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db import transaction

from central.administration.importing import ADDED, CHANGED, UNCHANGED, Outcome, bring_rows
from central.administration.officer_file import Said, read_officers, wrong_with
from central.fleet.auditing import Change, keep_change
from central.refusals import CommandRefused
from central.roster.csv_file import folded
from central.roster.models import Officer
from central.roster.shifts import batches

OF_ROSTER = ("name", "email", "unit")


class OfficerRefused(CommandRefused):
    """Nothing was changed; the message says why and what to do. `column`: what it is about."""

    def __init__(self, message: str, column: str = "") -> None:
        super().__init__(message)
        self.column = column


def say_officer(said: Said, now: datetime, by: str) -> Officer:
    """Keep what is said of an officer who is known.

    Raises:
        OfficerRefused: nobody has this number, the roster says otherwise, or a word cannot be taken.
    """
    for column, reason in wrong_with(said):
        raise OfficerRefused(f"{column} {reason}; nothing was changed", column)
    with transaction.atomic():
        officer = Officer.objects.filter(pk=said.officer_id).first()
        if officer is None:
            raise OfficerRefused(
                f"there is no officer {said.officer_id}; `dock-central officer list` shows them, and "
                "`officer import` makes new ones known. Nothing was changed",
                "officer_id",
            )
        officer, _ = _keep(officer, said, now, by)
    return officer


def bring_officers(content: bytes, now: datetime, by: str, *, dry_run: bool = False) -> Outcome:
    """Import one file whole, or say all that is wrong. An officer whom the file lacks stays as he is. Idempotent."""
    rows, errors = read_officers(content)
    with transaction.atomic():
        known: dict[str, Officer] = {}
        for batch in batches(row.officer_id for row in rows):
            known.update(Officer.objects.in_bulk(batch))
        return bring_rows(
            rows,
            errors,
            lambda row: (_keep(known.get(row.officer_id), row, now, by)[1], row.officer_id),
            dry_run=dry_run,
        )


def is_of_roster(officer: Officer, name: str) -> bool:
    """Whether the roster says this of him: then it is changed there."""
    return bool(getattr(officer, name)) and name not in officer.by_hand


def _keep(officer: Officer | None, said: Said, now: datetime, by: str) -> tuple[Officer, str]:
    """The officer, and what became of him."""
    is_new = officer is None
    officer = officer or Officer(officer_id=said.officer_id, by_hand=[])
    news = dict(_news(officer, said, now))
    if not news and not is_new:
        return officer, UNCHANGED
    before = {name: getattr(officer, name) for name in news}
    _refuse(officer, news, by)
    for name, word in news.items():
        setattr(officer, name, word)
    by_hand = (set(officer.by_hand) | news.keys()) & set(OF_ROSTER)
    officer.by_hand = sorted(name for name in by_hand if getattr(officer, name))
    officer.save(force_insert=is_new)
    change = Change.OFFICER_ADDED if is_new else Change.OFFICER_CHANGED
    keep_change(
        change, officer.pk, by=by, now=now, **_told(news, "", is_new=False), **_told(before, "_before", is_new=is_new)
    )
    return officer, ADDED if is_new else CHANGED


def _news(officer: Officer, said: Said, now: datetime) -> Iterator[tuple[str, object]]:
    for name in (*OF_ROSTER, "note"):
        word = getattr(said, name)
        if word is None:
            continue
        word = folded(word) if name == "email" else word.strip()
        if word != getattr(officer, name):
            yield name, word
    if said.has_left is not None and said.has_left != (officer.left_at is not None):
        yield "left_at", now if said.has_left else None


def _refuse(officer: Officer, news: Mapping[str, object], by: str) -> None:
    for name in OF_ROSTER:
        if name in news and is_of_roster(officer, name):
            raise OfficerRefused(
                f"the roster says that the {name} of officer {officer.pk} is {getattr(officer, name)!r}; "
                "change it in the roster. Nothing was changed",
                name,
            )
    if "email" in news and by.strip().lower() in (officer.email.lower(), str(news["email"]).lower()):
        raise OfficerRefused(
            "you cannot say which officer you are yourself, or that you are not; somebody else can. "
            "Nothing was changed",
            "email",
        )


def _told(words: Mapping[str, object], suffix: str, *, is_new: bool) -> dict[str, object]:
    """As the record keeps them; of somebody new there is no word before."""
    told = {} if is_new else words
    return {f"{name}{suffix}": one.isoformat() if isinstance(one, datetime) else one for name, one in told.items()}
