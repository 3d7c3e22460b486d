"""What is wrong with those who come to central's door: a credential that is none, a flood, a newer protocol."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from central.alarms.condition import Condition, when
from central.alarms.facts import Limits, NotLetIn
from central.alarms.kinds import Kind

TELLING = {Kind.CREDENTIAL_REFUSED: 4, Kind.FLOOD: 64, Kind.PROTOCOL_TOO_NEW: 1}
"""So often it came before it is told: one wrong paste, one burst, is nobody's trouble."""


def of_doors(found: Iterable[NotLetIn], limits: Limits) -> Iterator[Condition]:
    """No silence of a station mutes these: they may be why it is silent."""
    for one in found:
        if one.sort in TELLING and one.times >= TELLING[Kind(one.sort)]:
            yield Condition(Kind(one.sort), one.subject, _WORDS[Kind(one.sort)](one, limits), since=one.since)


def _credential(one: NotLetIn, limits: Limits) -> str:
    return (
        f"Since {when(one.since, limits)} somebody comes with a credential of {one.subject} that is not good "
        f"({one.detail}). Nothing is taken. If it is a station of yours: `dock-agent doctor` there, then "
        "`dock-central station replace`; its footage is kept there. If it is not, find out who it is."
    )


def _flood(one: NotLetIn, limits: Limits) -> str:
    return (
        f"{one.subject} asks far more than a station does since {when(one.since, limits)}. What is too much is "
        "answered 429, and the others are served. Look at its log; `dock-central station revoke` ends it."
    )


def _protocol(one: NotLetIn, limits: Limits) -> str:
    return (
        f"{one.subject} sends what this central cannot read since {when(one.since, limits)}: protocol {one.detail}. "
        "It is kept there and sent again. Bring central to the version of its stations."
    )


_WORDS = {Kind.CREDENTIAL_REFUSED: _credential, Kind.FLOOD: _flood, Kind.PROTOCOL_TOO_NEW: _protocol}
