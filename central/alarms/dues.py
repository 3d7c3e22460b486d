"""Who is to be told of which alarms now: rows as values in, groups out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from central.alarms.kinds import ENDS_UNTOLD, NOT_BY_MAIL, NOT_BY_WEBHOOK, Kind

SETTLED_AFTER = timedelta(hours=1)
"""What came back sooner than this after its end comes and goes: each time its end is told later, up to this."""


class Row(Protocol):
    """An alarm as its row has it."""

    number: int
    kind: str
    subject: str
    station: str
    sentence: str
    detail: dict[str, object]
    opened_at: datetime
    since: datetime
    ended_at: datetime | None
    told_at: datetime | None
    told_message_id: str
    reminded_at: datetime | None
    returns: int
    posted_at: datetime | None
    post_tried_at: datetime | None


@dataclass(frozen=True)
class Rules:
    """How patient telling is, and what people asked not to hear."""

    wait: timedelta
    repeat: timedelta
    silenced: Collection[tuple[str, str]] = ()
    """Kind and subject."""


@dataclass(frozen=True)
class Due:
    """What is said now, in one go each."""

    new: tuple[Row, ...] = ()
    over: tuple[Row, ...] = ()
    again: tuple[Row, ...] = ()
    """Open for long and told before."""
    settled: tuple[Row, ...] = ()
    """Nothing more is to be said of these."""


def patience(returns: int, wait: timedelta) -> timedelta:
    """For how long what came back so often must be over until that is said, or it goes on as one."""
    return min(wait * 2 ** min(returns, 16), max(wait, SETTLED_AFTER))


def due_by_mail(alarms: Sequence[Row], rules: Rules, now: datetime) -> Due:
    """Of all alarms whose end is not settled: what IT gets a mail about."""
    speakable = _speakable(alarms, rules)
    new = [one for one in alarms if one.told_at is None and one.kind not in NOT_BY_MAIL and speakable(one)]
    ended = [one for one in alarms if one.ended_at is not None]
    known_over = [one for one in ended if _is_known(one, rules) and one.kind not in ENDS_UNTOLD]
    settled = [one for one in ended if one not in known_over and _is_quiet(one, rules, now)]
    over = [one for one in known_over if not one.returns or _is_quiet(one, rules, now)]
    known = [one for one in alarms if one.told_at is not None and speakable(one)]
    return Due(
        tuple(new) if any(_is_past(one.opened_at, rules.wait, now) for one in new) else (),
        tuple(over) if any(_is_quiet(one, rules, now) for one in over) else (),
        tuple(known) if any(_is_past(_last_said(one), rules.repeat, now) for one in known) else (),
        tuple(settled),
    )


def due_by_post(alarms: Sequence[Row], rules: Rules, now: datetime) -> Due:
    """Of all alarms whose end was not posted: what the webhook gets, one by one. It is not reminded."""
    speakable = _speakable(alarms, rules)
    past = [one for one in alarms if _is_quiet(one, rules, now) or _is_past(_opened(one), rules.wait, now)]
    ended = [one for one in past if one.ended_at is not None]
    begun = [one for one in past if one.kind not in NOT_BY_WEBHOOK and (one.post_tried_at or speakable(one))]
    return Due(
        new=tuple(one for one in begun if one.posted_at is None),
        over=tuple(one for one in ended if one.post_tried_at is not None),
        settled=tuple(one for one in ended if one.post_tried_at is None),
    )


def _speakable(alarms: Iterable[Row], rules: Rules) -> Callable[[Row], bool]:
    """Open, nobody asked not to hear of it, and no silent station or site explains it."""
    muted_by = muting(alarms)

    def is_speakable(one: Row) -> bool:
        return one.ended_at is None and not muted_by(one) and (one.kind, one.subject) not in rules.silenced

    return is_speakable


def muting(alarms: Iterable[Row]) -> Callable[[Row], str]:
    """Tells of an alarm which silent station or site among these explains it, so that it is not told alone."""
    silent = {one.subject for one in alarms if one.kind == Kind.STATION_SILENT and one.ended_at is None}
    sites = {one.subject for one in alarms if one.kind == Kind.SITE_SILENT and one.ended_at is None}

    def muted_by(one: Row) -> str:
        cause = str(one.detail.get("site", "")) if one.kind == Kind.STATION_SILENT else one.station
        return cause if cause in (sites if one.kind == Kind.STATION_SILENT else silent) else ""

    return muted_by


def _is_known(one: Row, rules: Rules) -> bool:
    """Somebody heard of it, or could not and will want to know: mail that failed for longer than a moment."""
    lasted = one.ended_at is not None and one.ended_at - one.opened_at >= rules.wait
    return one.told_at is not None or (one.kind in NOT_BY_MAIL and lasted)


def _opened(one: Row) -> datetime | None:
    return one.opened_at if one.ended_at is None else None


def _is_quiet(one: Row, rules: Rules, now: datetime) -> bool:
    """Over for long enough to say so."""
    return _is_past(one.ended_at, patience(one.returns, rules.wait), now)


def _last_said(one: Row) -> datetime | None:
    return max((at for at in (one.told_at, one.reminded_at) if at is not None), default=None)


def _is_past(instant: datetime | None, span: timedelta, now: datetime) -> bool:
    return instant is not None and now - instant >= span
