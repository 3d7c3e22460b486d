"""Who is told what, and when. Pure: items and what was said of them, and now; in; digests that leave, out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from central.notices.digest import Kind
from central.notices.facts import CLOSING_KINDS, Item, Manner, Post, Told
from central.notices.leaving import escalation_leaves, news_leaves, reminder_leaves

NEWS = CLOSING_KINDS | {Kind.FIRST}
"""Words that are said once, and that leave together."""


@dataclass(frozen=True)
class Saying:
    """One word about one item to one recipient, and when it is due."""

    item: Item
    kind: Kind
    recipient: str
    unit: str
    mode: str
    due_at: datetime
    rides_from: datetime
    """From then on it joins a digest that leaves anyway."""
    post: Post | None = None
    """Of a word that says that it is out."""


@dataclass(frozen=True)
class Leaving:
    """One digest: one unit's cameras, one recipient."""

    unit: str
    recipient: str
    mode: str
    due_at: datetime
    sayings: tuple[Saying, ...]


def leaving(items: Iterable[Item], now: datetime) -> tuple[Leaving, ...]:
    """The digests that leave now."""
    groups: dict[tuple[str, str, str], list[Saying]] = {}
    for item in items:
        for saying in sayings(item):
            groups.setdefault((saying.unit, saying.recipient, saying.mode), []).append(saying)
    found = (_leaving(group, now) for _, group in sorted(groups.items(), key=lambda pair: pair[0]))
    return tuple(one for one in found if one is not None)


def sayings(item: Item) -> tuple[Saying, ...]:
    """Everything that will be said of this item if nothing changes, whenever that is due; at most one word each."""
    if item.closed_at is not None:
        return tuple(_closing(item, told) for told in item.still_to_hear())
    if not item.is_outstanding or item.must_wait:
        return ()
    found: dict[tuple[str, str], Saying] = {}
    for post in item.posts:
        for saying in (*_own(item, post), *escalations(item, post)):
            found.setdefault((saying.recipient, saying.mode), saying)
    return tuple(found.values())


def escalations(item: Item, post: Post) -> Iterator[Saying]:
    """The next step up the chain, once somebody below was told."""
    last = first_told(item, post)
    if last is None:
        return
    reached = _reached(item, post, last)
    for step, who in enumerate(one for one in post.chain if one not in post.first):
        told = item.told_to(who, post.manner.mode)
        if told:
            last = told[0]
            continue
        if last.waits and not last.in_vain:
            return
        at = max(item.opened_at + post.manner.escalation, reached) if step == 0 else last.at + post.manner.escalation
        at = escalation_leaves(post.manner, max(at, item.paused_until or at))
        yield _saying(item, post, Kind.ESCALATION, who, at, at)
        return


def next_reminder(manner: Manner, item: Item, last: datetime) -> datetime:
    """When somebody who was told at `last` is reminded, if nothing changes."""
    return reminder_leaves(manner, max(last, (item.paused_until or last) - manner.reminders))


def _own(item: Item, post: Post) -> Iterator[Saying]:
    manner = post.manner
    for who in post.first:
        told = item.told_to(who, manner.mode)
        if not told:
            yield _saying(item, post, Kind.FIRST, who, news_leaves(manner, post.since), post.since)
        elif not any(one.waits for one in told):
            last = max(one.at for one in told)
            early = max(last + manner.reminders / 2, item.paused_until or last)
            yield _saying(item, post, Kind.REMINDER, who, next_reminder(manner, item, last), early)


def _reached(item: Item, post: Post, first: Told) -> datetime:
    """When somebody on duty had a digest for long enough: `reading` after it came, or after a shift of theirs began.
    Of an address that takes no mail nothing can be waited for."""
    reading = post.manner.reading
    by_duty = max(first.at, post.duty_from or first.at) + reading
    at_any_hour = [one.at + reading for one in item.told_to(post.on_duty, post.manner.mode) if not one.waits]
    in_vain = [one.at for one in _told(item, post) if one.was_refused or one.in_vain]
    return min([by_duty, *at_any_hour, *in_vain])


def first_told(item: Item, post: Post) -> Told | None:
    """The first word that those who answer for it were sent; one that still waits only if nothing was sent."""
    return min(_told(item, post), key=lambda one: (one.waits, one.at), default=None)


def _told(item: Item, post: Post) -> list[Told]:
    return [one for who in post.first for one in item.told_to(who, post.manner.mode)]


def _closing(item: Item, told: Told) -> Saying:
    since = item.closed_at or told.at
    due_at = news_leaves(told.manner, since)
    return Saying(item, Kind(item.state), told.recipient, told.unit, told.mode, due_at, since)


def _saying(item: Item, post: Post, kind: Kind, who: str, due_at: datetime, rides_from: datetime) -> Saying:
    return Saying(item, kind, who, post.unit, post.manner.mode, due_at, rides_from, post)


def _leaving(group: Sequence[Saying], now: datetime) -> Leaving | None:
    ripe = [one for one in group if one.due_at <= now]
    if not ripe:
        return None
    has_news = any(one.kind in NEWS for one in ripe)
    along = [one for one in group if one not in ripe and _rides(one, has_news, now)]
    due_at = min(one.due_at for one in ripe)
    return Leaving(ripe[0].unit, ripe[0].recipient, ripe[0].mode, due_at, tuple(sorted((*ripe, *along), key=_place)))


def _rides(one: Saying, has_news: bool, now: datetime) -> bool:
    return has_news if one.kind in NEWS else one.kind is Kind.REMINDER and one.rides_from <= now


def _place(one: Saying) -> tuple[bool, datetime, str]:
    """What is out stands before what is not, the longest out first."""
    return one.kind in CLOSING_KINDS, one.item.opened_at, one.item.camera
