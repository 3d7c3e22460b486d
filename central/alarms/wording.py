"""What a mail to IT says: subject words and sentences. Rows as values in, text out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from central.alarms.condition import clock_in
from central.alarms.dues import Row
from central.alarms.kinds import WORDS, Kind

MANY = 3
"""From so many silent stations on, and half of all, one line stands for them: the cause is elsewhere."""
MOST_OF_A_KIND = 20
"""Sentences of one kind in one mail; the page has all."""
MOST_NAMES = 40


@dataclass(frozen=True)
class Said:
    """A mail's words."""

    subject: str
    """Follows `[Dock] IT: `, or `[Dock] Over: `."""
    sentences: tuple[str, ...]
    is_over: bool = False


@dataclass(frozen=True)
class Place:
    """What the words depend on beside the alarms."""

    zone: ZoneInfo
    stations: int
    """That were ever heard, and are enrolled."""
    enrolled: frozenset[str] | None = None
    """Their names; a silence that ended because its station was taken away is not a return. None: all are."""

    def is_back(self, silent: Row) -> bool:
        return self.enrolled is None or silent.subject in self.enrolled


def of_new(alarms: Sequence[Row], place: Place) -> Said:
    """Alarms that opened."""
    silent, others = _silent(alarms)
    if len(silent) >= MANY and 2 * len(silent) >= place.stations:
        since = clock_in(min(one.since for one in silent), place.zone)
        line = f"{len(silent)} of {place.stations} stations silent: likely the network or central"
        more = f"{line}, since {since}: {_names(one.subject for one in silent)}. No camera of them is called late."
        rest = of_new(others, place) if others else Said("", ())
        return Said(line if not others else f"{line}; {rest.subject}", (more, *rest.sentences))
    if len(alarms) == 1 and silent:
        since = silent[0].since.astimezone(place.zone)
        return Said(f"{silent[0].subject} silent since {since:%H:%M}", (silent[0].sentence,))
    return Said(_counted(alarms), _sentences(alarms))


def of_over(alarms: Sequence[Row], place: Place) -> Said:
    """Alarms that were told and are over."""
    silent, others = _silent(alarms)
    subject = _counted(alarms)
    lines = [
        f"{one.subject} is not enrolled any more: nobody waits for it." for one in silent if not place.is_back(one)
    ]
    if lines and not others:
        subject = f"{len(silent)} silences" if len(silent) > 1 else f"silence of {silent[0].subject}"
    silent = [one for one in silent if place.is_back(one)]
    if silent and not others and not lines:
        subject = f"{silent[0].subject} is back" if len(silent) == 1 else f"{len(silent)} stations are back"
    if len(silent) >= MANY:
        lines.append(f"{len(silent)} stations are heard again: {_names(one.subject for one in silent)}.")
        silent = []
    lines += [_over(one, place.zone) for one in _of_each_kind([*silent, *others])]
    return Said(subject, (*lines, *_left_out([*silent, *others])), is_over=True)


def of_again(alarms: Sequence[Row], place: Place) -> Said:
    """Alarms that were told before and are still open."""
    sentences = [
        f"Since {clock_in(one.since, place.zone)}: {one.sentence}" for one in _of_each_kind(_gravest_first(alarms))
    ]
    return Said(f"still open: {_counted(alarms)}", (*sentences, *_left_out(alarms)))


def _over(one: Row, zone: ZoneInfo) -> str:
    begun = clock_in(one.since, zone)
    ended = "" if one.ended_at is None else clock_in(one.ended_at, zone)
    if one.kind == Kind.STATION_SILENT:
        return f"{one.subject} is heard again since {ended}."
    if one.kind == Kind.MAIL_FAILING:
        return f"Mail gets out again since {ended}. From {begun} on none did; what waited was sent, or is being sent."
    words = WORDS[Kind(one.kind)].one
    about = "" if one.subject == "central" else f" ({one.subject})"
    again = f" It came and went {one.returns + 1} times." if one.returns else ""
    return f"Over since {ended}: {words}{about}, which began {begun}.{again}"


def _sentences(alarms: Sequence[Row]) -> tuple[str, ...]:
    return (*(one.sentence for one in _of_each_kind(_gravest_first(alarms))), *_left_out(alarms))


def _counted(alarms: Sequence[Row]) -> str:
    kinds = list(dict.fromkeys(one.kind for one in _gravest_first(alarms)))
    if len(kinds) > 2:
        return f"{len(alarms)} alarms: {_words(kinds[0], alarms)} and more"
    return ", ".join(_words(kind, alarms) for kind in kinds)


def _words(kind: str, alarms: Sequence[Row]) -> str:
    of_kind = [one for one in alarms if one.kind == kind]
    words = WORDS[Kind(kind)]
    if len(of_kind) > 1:
        return f"{len(of_kind)} {words.many}"
    about = of_kind[0].subject
    return words.one if about == "central" else f"{words.one} ({about})"


def _of_each_kind(alarms: Sequence[Row]) -> list[Row]:
    seen: Counter[str] = Counter()
    kept = []
    for one in alarms:
        seen[one.kind] += 1
        if seen[one.kind] <= MOST_OF_A_KIND:
            kept.append(one)
    return kept


def _left_out(alarms: Sequence[Row]) -> tuple[str, ...]:
    left = len(alarms) - len(_of_each_kind(alarms))
    return (f"And {left} more of the same kinds: see the page.",) if left else ()


def _gravest_first(alarms: Sequence[Row]) -> list[Row]:
    order = {kind.value: place for place, kind in enumerate(Kind)}
    return sorted(alarms, key=lambda one: (order.get(one.kind, len(order)), one.subject))


def _silent(alarms: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    silent = sorted((one for one in alarms if one.kind == Kind.STATION_SILENT), key=lambda one: one.subject)
    return silent, [one for one in alarms if one.kind != Kind.STATION_SILENT]


def _names(subjects: Iterable[str]) -> str:
    names = list(subjects)
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more
