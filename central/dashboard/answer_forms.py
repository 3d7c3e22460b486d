"""What a person is offered to say of a shift, and his form read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from central.answers.closing import said_of
from central.answers.kinds import BY_PEOPLE, EFFECTS, FINDINGS, TITLES, Kind, Outcome
from central.answers.models import Answer, Closing
from central.answers.refusals import Refusal, Refused
from central.answers.rights import Person, refuse_finding, refuse_saying, refuse_withdrawing
from central.answers.saying import ACCUSES_NOBODY, NEEDS_TEXT, Saying, is_too_old, standing_already
from central.answers.standing import answers_of
from central.dashboard.sight import Sight
from central.dashboard.surroundings import site_zone
from central.fleet.models import Bay, Station
from central.instants import parse_instant
from central.judging.verdicts import current
from central.roster.csv_file import LONGEST_SHIFT
from central.roster.models import HomeStation, Shift
from central.roster.station_roster import LOOK_BACK

EMPTY_BAYS = ("", "free")


@dataclass(frozen=True)
class Choice:
    """One kind that he may say, with what it does."""

    kind: Kind
    title: str
    effect: str
    needs_text: bool


@dataclass(frozen=True)
class Line:
    """An answer as a page shows it, and what this person may do with it."""

    answer: Answer
    title: str
    effect: str
    state: str
    """In words; empty while nothing ended it."""
    closings: tuple[tuple[str, Closing], ...]
    findings: tuple[tuple[Outcome, str], ...]
    """What he may find now."""
    may_withdraw: bool


@dataclass(frozen=True)
class Form:
    """Everything that the block on a shift's page needs."""

    shift: Shift
    token: UUID
    choices: tuple[Choice, ...]
    why_none: str
    said: tuple[Line, ...]
    stations: tuple[str, ...]
    """Home stations first."""
    ends_at: str
    """As a local field shows it."""
    is_hour_twice: bool
    """An hour that the clocks show twice may be meant: he is asked which."""


def person_of(sight: Sight) -> Person:
    return Person(sight.email, sight.roles, sight.own_officer_ids)


def form_for(sight: Sight, shift: Shift, now: datetime) -> Form:
    """What this person may say of this shift, and what was said; the shift is one that he sees."""
    person, zone = person_of(sight), site_zone()
    choices = tuple(_choices(person, shift, now))
    return Form(
        shift,
        uuid4(),
        choices,
        "" if choices else _why_none(person, shift, now),
        tuple(line_of(one, person) for one in answers_of(shift.pk)),
        _stations(shift),
        f"{shift.ends_at.astimezone(zone):%Y-%m-%dT%H:%M}",
        _is_hour_twice(shift, zone),
    )


def line_of(answer: Answer, person: Person) -> Line:
    """An answer, and what this person may do with it."""
    kind, said = Kind(answer.kind), said_of(answer)
    closings = sorted(answer.closings.all(), key=lambda one: one.pk)
    found = next((Outcome(one.outcome) for one in closings if one.outcome != Outcome.WITHDRAWN), None)
    is_withdrawn = any(one.outcome == Outcome.WITHDRAWN for one in closings)
    possible = () if closings else BY_PEOPLE.get(kind, ())
    return Line(
        answer,
        TITLES[kind],
        EFFECTS[kind],
        FINDINGS[Outcome(closings[-1].outcome)] if closings else "",
        tuple((FINDINGS[Outcome(one.outcome)], one) for one in closings),
        tuple((one, FINDINGS[one]) for one in possible if _may(refuse_finding, person, said, one)),
        not is_withdrawn and _may(refuse_withdrawing, person, said, found),
    )


def saying_of(post: Mapping[str, Any], sight: Sight, shift_id: str) -> Saying:
    """The form as a word.

    Raises:
        Refused: its end is no instant.
        ValueError: it is no form of ours.
    """
    kind = Kind(post.get("kind", ""))
    return Saying(
        kind,
        shift_id,
        person_of(sight),
        sees=True,
        text=written(post.get("text", "")),
        station_id=known_station(post.get("station", "")),
        bay=_line(post.get("bay", ""))[:255],
        camera=_line(post.get("camera", "")),
        ends_at=read_end(post.get("ends_at", ""), post.get("fold", ""), site_zone())
        if kind is Kind.SHIFT_END_WRONG
        else None,
        token=UUID(post.get("token", "")),
    )


def read_end(text: str, fold: str, zone: ZoneInfo) -> datetime:
    """The instant that was typed, local in `zone`; `fold` 0 or 1 says which of an hour that comes twice is meant.

    Raises:
        Refused: it is none, or nobody can tell which.
    """
    text = _line(text)
    try:
        return parse_instant(text, zone)
    except (ValueError, OverflowError) as error:
        both = _both(text, zone)
        if len(both) == 2 and fold in ("0", "1"):
            return both[int(fold)]
        said = f"{text!r} comes twice that night; say whether the first or the second is meant." if both else None
        raise Refused(Refusal.NO_END, said=said or f"{text!r} {error}.") from error


def written(text: str) -> str:
    """Text without what no keyboard makes."""
    return "".join(one for one in text.replace("\r\n", "\n") if one == "\n" or one.isprintable())


def known_station(name: str) -> str:
    return name if Station.objects.filter(pk=name).exists() else ""


def bays_to_check(answer: Answer) -> QuerySet[Bay]:
    """Bays that hold something, or are in trouble, where this camera may be."""
    homes = HomeStation.objects.filter(shift=answer.shift_id).values_list("station_id", flat=True)
    names = {answer.station_id} if answer.station_id else set(homes)
    bays = Bay.objects.filter(station__in=names).exclude(state__in=EMPTY_BAYS, trouble="")
    return bays.order_by("station_id", "label", "bay")


def _choices(person: Person, shift: Shift, now: datetime) -> Iterator[Choice]:
    said = current(shift.pk)
    if shift.status in Shift.NOBODYS or is_too_old(shift, said, now):
        return
    for kind in Kind:
        if kind is Kind.CONTEST and (said is None or said.verdict in ACCUSES_NOBODY):
            continue
        if standing_already(kind, shift) is None and _may(refuse_saying, person, kind, shift.officer_id, sees=True):
            yield Choice(kind, TITLES[kind], EFFECTS[kind], kind in NEEDS_TEXT)


def _why_none(person: Person, shift: Shift, now: datetime) -> str:
    if shift.status in Shift.NOBODYS:
        return f"This shift is {shift.status}: nothing is to be said of it."
    if is_too_old(shift, current(shift.pk), now):
        return f"This shift ended more than {LOOK_BACK.days} days ago: what was said of it stays."
    if standing_already(Kind.CONTEST, shift) is not None and person.is_officer(shift.officer_id):
        return "Your contest stands; until it is decided there is nothing more to say."
    if person.is_officer(shift.officer_id):
        return "This is your own shift. You may contest what stands against you; anything else another says."
    return "Your role reads here and says nothing."


def _may(ask: Any, *given: Any, **more: Any) -> bool:
    try:
        ask(*given, **more)
    except Refused:
        return False
    return True


def _stations(shift: Shift) -> tuple[str, ...]:
    homes = list(HomeStation.objects.filter(shift=shift).order_by("station_id").values_list("station_id", flat=True))
    every: Iterable[str] = Station.objects.order_by("pk").values_list("pk", flat=True)
    known = set(every)
    return (*(name for name in homes if name in known), *(name for name in every if name not in homes))


def _is_hour_twice(shift: Shift, zone: ZoneInfo) -> bool:
    begin, end = (at.astimezone(zone).utcoffset() for at in (shift.starts_at, shift.starts_at + LONGEST_SHIFT))
    return begin is not None and end is not None and end < begin


def _both(text: str, zone: ZoneInfo) -> list[datetime]:
    """The two instants that a local time names, or none."""
    try:
        local = datetime.fromisoformat(text)
        if local.tzinfo is not None:
            return []
        both = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    except (ValueError, OverflowError):
        return []
    return both if both[0] < both[1] else []


def _line(text: str) -> str:
    return "".join(one for one in text if one.isprintable()).strip()
