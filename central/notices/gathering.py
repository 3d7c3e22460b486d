"""Puts together what the rule wants to know of the items."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from central.answers.standing import pauses
from central.config import CentralConfig
from central.judging.models import Judgement
from central.notices import facts
from central.notices.deciding import first_told
from central.notices.digest import Kind
from central.notices.hearing import Hearing
from central.notices.items import undone
from central.notices.manners import Addresses, chain_of, first_of, manner_of
from central.notices.models import Item, ItemShift, Line, Notice
from central.roster.models import Officer, Shift, Unit
from central.roster.shifts import batches
from central.timeliness.verdict import Outstanding

NEEDED = ("recipient", "mode", "unit", "sent_at", "refused_at", "created_at", "put_off")
"""Columns of a notice. Its text is long, and a round comes every second."""


class Gathering:
    """One round's look at the items: what does not change within it is asked once."""

    def __init__(self, config: CentralConfig, now: datetime, up_since: datetime | None = None) -> None:
        self._config, self._now = config, now
        self.hearing = Hearing(config.stations.offline_after, up_since, now)
        self._spellings: dict[str, str] = {}
        rows = Unit.objects.order_by("unit").values_list(
            "unit", "supervisor_email", "escalate_to_email", "on_duty_email"
        )
        self._units = {unit: Addresses(*map(self._one_spelling, addresses)) for unit, *addresses in rows}
        self._manners: dict[str, facts.Manner] = {}
        self._duties: dict[tuple[str, str, datetime], datetime | None] = {}

    def items(self) -> tuple[facts.Item, ...]:
        """All of which something may be left to say."""
        rows = undone()
        told = self._told(rows)
        posts = self._posts([one for one in rows if one.state == Item.OPEN])
        return tuple(self._item(row, told.get(row.pk, []), posts.get(row.pk, ())) for row in rows)

    def with_pause(self, item: facts.Item) -> facts.Item:
        """The same, and until when reminders about it pause; and whether every word that it is out must wait."""
        if item.closed_at is not None:
            return item
        shifts = list(ItemShift.objects.filter(item=item.number).values_list("shift_id", flat=True))
        paused = pauses(item.camera, self._now, shifts) if item.told else None
        must_wait = self.hearing.must_wait(item.camera, shifts)
        return replace(item, paused_until=paused.until if paused else None, must_wait=must_wait)

    def with_duty(self, item: facts.Item) -> facts.Item:
        """The same, and when those who answer for it have their own duty time."""
        return replace(item, posts=tuple(self._with_duty(item, post) for post in item.posts))

    def _one_spelling(self, address: str) -> str:
        """Who is written in two ways, `Chen@` and `chen@`, is one recipient: as the first of them."""
        return self._spellings.setdefault(address.lower(), address)

    def manner(self, unit: str) -> facts.Manner:
        if unit not in self._manners:
            self._manners[unit] = manner_of(self._config, unit)
        return self._manners[unit]

    def _item(self, row: Item, told: Sequence[facts.Told], posts: tuple[facts.Post, ...]) -> facts.Item:
        item = facts.Item(
            number=row.pk,
            camera=row.camera,
            opened_at=row.opened_at,
            posts=posts,
            told=tuple(told),
            closed_at=row.closed_at,
            state=row.state,
            is_outstanding=bool(posts),
        )
        is_high_time = any(row.opened_at + post.manner.escalation <= self._now for post in posts)
        return self.with_duty(item) if is_high_time else item

    def _told(self, rows: Iterable[Item]) -> dict[int, list[facts.Told]]:
        found: dict[int, dict[int, facts.Told]] = {}
        for batch in batches(str(row.pk) for row in rows):
            lines = Line.objects.filter(item__in=batch, notice__superseded_at=None).select_related("notice")
            for line in lines.only("item", "kind", *(f"notice__{name}" for name in NEEDED)).order_by("notice_id"):
                found.setdefault(line.item_id, {})[line.notice_id] = self._word(line)
        return {number: list(words.values()) for number, words in found.items()}

    def _word(self, line: Line) -> facts.Told:
        notice, manner = line.notice, self.manner(line.notice.unit)
        return facts.Told(
            recipient=self._one_spelling(notice.recipient),
            mode=notice.mode,
            unit=notice.unit,
            kind=Kind(line.kind),
            at=notice.sent_at or notice.refused_at or notice.created_at,
            manner=manner,
            waits=_waits(notice),
            was_refused=notice.refused_at is not None,
            in_vain=_waits(notice) and notice.put_off and self._now - notice.created_at >= manner.escalation,
        )

    def _posts(self, rows: Iterable[Item]) -> dict[int, tuple[facts.Post, ...]]:
        """For each item those who answer for its outstanding shifts, the longest outstanding first."""
        found: dict[int, dict[tuple[str, str, str], facts.Post]] = {}
        for row, shift in outstanding_shifts(rows):
            key = (shift.unit, shift.supervisor_email, shift.officer.email)
            found.setdefault(row.item_id, {}).setdefault(key, self._post(*key, row.joined_at))
        return {number: tuple(posts.values()) for number, posts in found.items()}

    def _post(self, unit: str, supervisor: str, officer: str, since: datetime) -> facts.Post:
        supervisor = self._one_spelling(supervisor)
        named = first_of(self._config, unit, supervisor, self._units, self._now, officer)
        first = tuple(dict.fromkeys(map(self._one_spelling, named)))
        known = self._units.get(unit, Addresses())
        return facts.Post(
            unit=unit,
            first=first or tuple(map(self._one_spelling, self._config.notices.it_recipients)),
            chain=chain_of(unit, supervisor or known.supervisor, self._units),
            manner=self.manner(unit),
            since=since,
            on_duty=known.on_duty,
            nobody_named=not first,
        )

    def _with_duty(self, item: facts.Item, post: facts.Post) -> facts.Post:
        if not post.chain or not post.first:
            return post
        told = first_told(item, post)
        key = (post.unit, post.first[0], self._now if told is None else told.at)
        if key not in self._duties:
            self._duties[key] = _duty_from(*key)
        return replace(post, duty_from=self._duties[key])


def _waits(notice: Notice) -> bool:
    return notice.mode == notice.LIVE and notice.sent_at is None and notice.refused_at is None


def outstanding_shifts(rows: Iterable[Item]) -> list[tuple[ItemShift, Shift]]:
    """The shifts of these items that stand as outstanding, the first due first."""
    found: list[tuple[datetime, str, ItemShift]] = []
    for batch in batches(str(row.pk) for row in rows):
        joined = list(ItemShift.objects.filter(item__in=batch).select_related("shift__officer", "item"))
        stands = Judgement.objects.filter(
            shift__in=[one.shift_id for one in joined], superseded_at=None, verdict=Outstanding.name
        )
        due = {(row.shift_id, row.camera): row.deadline_at for row in stands}
        for one in joined:
            deadline = due.get((one.shift_id, one.item.camera))
            if deadline is not None:
                found.append((deadline, one.shift_id, one))
    return [(one, one.shift) for *_, one in sorted(found, key=lambda each: each[:2])]


def _duty_from(unit: str, supervisor: str, told_at: datetime) -> datetime | None:
    """When the supervisor's own first shift that ends after `told_at` begins; or else his unit's."""
    coming = Shift.objects.exclude(status__in=Shift.NOBODYS).filter(ends_at__gt=told_at)
    himself = (
        list(Officer.objects.filter(email__iexact=supervisor).values_list("pk", flat=True)) if supervisor else []
    )
    own = _first_start(coming.filter(officer__in=himself)) if himself else None
    return own or (_first_start(coming.filter(unit=unit)) if unit else None)


def _first_start(shifts: QuerySet[Shift]) -> datetime | None:
    return shifts.order_by("starts_at").values_list("starts_at", flat=True).first()
