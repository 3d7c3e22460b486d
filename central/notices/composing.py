"""A digest that leaves, with all that it says: rows in, a `Digest` out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet

from central.answers.standing import pauses
from central.config import CentralConfig
from central.judging.models import Judgement
from central.notices import facts
from central.notices.deciding import Leaving, Saying, escalations, first_told, next_reminder
from central.notices.digest import OPEN_KINDS, CameraLine, Digest, Kind, NotJudged, gravest
from central.notices.gathering import Gathering
from central.notices.items import docked_where
from central.notices.models import Item, ItemShift, Notice
from central.notices.outbox import list_id, message_id
from central.notices.whereabouts import last_left
from central.roster.duties import policy_of
from central.timeliness.verdict import Cause, Excused, Indeterminate, Late, NoDuty, Outstanding

DAY = timedelta(days=1)
LONGEST_THREAD = 20


@dataclass(frozen=True)
class Composed:
    digest: Digest
    lines: tuple[tuple[Saying, CameraLine], ...]


class Composing:
    """Fills one round's digests."""

    def __init__(self, config: CentralConfig, gathering: Gathering, now: datetime) -> None:
        self._config, self._gathering, self._now = config, gathering, now

    def compose(self, leaving: Leaving, notice_id: UUID) -> Composed:
        rows = {one.item.number: _rows(one) for one in leaving.sayings}
        said = tuple((one, self._line(one, rows[one.item.number])) for one in leaving.sayings)
        lines = tuple(line for _, line in said)
        judged = _judged(leaving, self._now)
        reply_to, references = _thread(leaving)
        config = self._config
        return Composed(
            Digest(
                kind=gravest(line.kind for line in lines),
                notice_id=notice_id,
                unit=leaving.unit,
                recipient=leaving.recipient,
                lines=lines,
                due_cameras=_due_cameras(judged, lines),
                not_judged=tuple(_not_judged(judged)),
                watched=_watched(row for one in leaving.sayings if one.post for row in rows[one.item.number]),
                grace=policy_of(config, leaving.unit).grace,
                at=self._now,
                zone=self._gathering.manner(leaving.unit).zone,
                base_url=config.web.base_url,
                message_id=message_id(notice_id, config.web, config.mail),
                in_reply_to=reply_to,
                references=references,
                list_id=list_id(config.web, config.mail),
                escalated_from=self._told_before(leaving),
                nobody_named=any(one.post is not None and one.post.nobody_named for one in leaving.sayings),
            ),
            said,
        )

    def _line(self, saying: Saying, rows: list[Judgement]) -> CameraLine:
        """Of several shifts the longest due one speaks; all are named."""
        row = rows[0]
        line = CameraLine(
            kind=saying.kind,
            camera=saying.item.camera,
            officer=", ".join(dict.fromkeys(_officer(one) for one in rows)),
            shift_ids=tuple(one.shift_id for one in rows),
            shift_ends_at=row.duty_ends_at,
            end_source=row.end_source,
            deadline_at=row.deadline_at,
        )
        if saying.kind in OPEN_KINDS:
            unheard = self._gathering.hearing.unheard(_watched(rows))
            return self._out(replace(line, unheard=tuple(unheard.items())), saying)
        if saying.kind is Kind.CLEARED:
            by = None if row.late_by_s is None else timedelta(seconds=row.late_by_s)
            return replace(line, by=by, docked_at=row.docked_at, docked_where=docked_where(row))
        return replace(line, why=Item.objects.values_list("why", flat=True).get(pk=saying.item.number))

    def _out(self, line: CameraLine, saying: Saying) -> CameraLine:
        left_at, left_where = last_left(line.camera)
        line = replace(line, by=self._now - line.deadline_at, left_at=left_at, left_where=left_where)
        return self._next_steps(line, saying)

    def _next_steps(self, line: CameraLine, saying: Saying) -> CameraLine:
        """When what comes next, supposing that this word is told now."""
        if saying.post is None or saying.kind is Kind.ESCALATION:
            return line
        item = self._gathering.with_duty(_with_word(saying, self._now))
        post = next(one for one in item.posts if one.unit == saying.post.unit and one.first == saying.post.first)
        above = next(escalations(item, post), None)
        paused = pauses(line.camera, self._now, line.shift_ids)
        return replace(
            line,
            next_reminder_at=next_reminder(post.manner, item, self._now),
            escalation_at=above.due_at if above else None,
            escalation_to=above.recipient if above else "",
            answers_paused=paused.words if paused else "",
        )

    def _told_before(self, leaving: Leaving) -> str:
        raised = [one for one in leaving.sayings if one.kind is Kind.ESCALATION and one.post]
        told = [first_told(one.item, one.post) for one in raised if one.post]
        found = dict.fromkeys(
            f"{one.recipient}, {one.at.astimezone(one.manner.zone).strftime('%a %b %-d %H:%M')}"
            for one in told
            if one is not None
        )
        return "; ".join(found)


def _with_word(saying: Saying, now: datetime) -> facts.Item:
    manner = saying.post.manner if saying.post else facts.Manner()
    word = facts.Told(saying.recipient, saying.mode, saying.unit, saying.kind, now, manner)
    return replace(saying.item, told=(*saying.item.told, word))


def _rows(saying: Saying) -> list[Judgement]:
    """What stands of the item's shifts and matters for this word, the first due first. Of a shift that is nobody's
    any more it is what was said of it last."""
    shift_ids = list(ItemShift.objects.filter(item=saying.item.number).values_list("shift_id", flat=True))
    every = Judgement.objects.filter(shift__in=shift_ids).select_related("shift__officer").order_by("pk")
    last = {row.shift_id: row for row in every.filter(camera=saying.item.camera)}
    rows = sorted(last.values(), key=lambda row: (row.deadline_at, row.shift_id))
    speaking = Outstanding.name if saying.kind in OPEN_KINDS else Late.name
    chosen = [row for row in rows if row.verdict == speaking and row.superseded_at is None]
    return chosen if chosen and saying.kind is not Kind.WITHDRAWN else rows


def _officer(row: Judgement) -> str:
    return row.shift.officer.name or row.shift.officer_id


def _judged(leaving: Leaving, now: datetime) -> QuerySet[Judgement]:
    """What stands of the unit's cameras that were due in the last day; without a unit, of this supervisor's."""
    rows = Judgement.objects.filter(superseded_at=None, deadline_at__gt=now - DAY, deadline_at__lte=now)
    if leaving.unit:
        return rows.filter(shift__unit=leaving.unit)
    return rows.filter(shift__unit="", shift__supervisor_email__iexact=leaving.recipient)


def _due_cameras(judged: QuerySet[Judgement], lines: Iterable[CameraLine]) -> int:
    owed = judged.exclude(verdict__in=(NoDuty.name, Excused.name)).values_list("camera", flat=True).distinct()
    return len({*owed, *(line.camera for line in lines if line.kind in OPEN_KINDS)})


def _not_judged(judged: QuerySet[Judgement]) -> Iterator[NotJudged]:
    rows = judged.filter(verdict=Indeterminate.name, docked_at=None).order_by("camera", "-deadline_at")
    seen: set[str] = set()
    for row in rows:
        if row.camera not in seen:
            seen.add(row.camera)
            yield NotJudged(row.camera, _why(row.why))


def _why(why: list[dict[str, str | None]]) -> str:
    """In a few words. Which bay and when stands on the shift's page."""
    unwatched = sorted({str(one["station"]) for one in why if one["cause"] == Cause.UNWATCHED and one.get("station")})
    if unwatched:
        return f"{', '.join(unwatched)} not watched all the time; IT knows"
    causes = {one["cause"] for one in why}
    if Cause.NO_STATION in causes:
        return "no station is known for it"
    if Cause.TWO_OFFICERS in causes:
        return "handed on without a dock in between"
    return "what its dock saw is not certain enough"


def _watched(rows: Iterable[Judgement]) -> tuple[str, ...]:
    return tuple(sorted({name for row in rows for name in row.evidence.get("relevant", ())}))


def _thread(leaving: Leaving) -> tuple[str, tuple[str, ...]]:
    """The mail that this one answers, the last to this recipient about the first camera; and all that led here."""
    about = Notice.objects.filter(
        recipient__iexact=leaving.recipient, mode=leaving.mode, superseded_at=None
    ).order_by("pk")
    ids: list[str] = []
    reply_to = ""
    for one in leaving.sayings:
        before = list(about.filter(lines__item=one.item.number).distinct().values_list("message_id", flat=True))
        ids += [before[0], before[-1]] if before else []
        reply_to = reply_to or (before[-1] if before else "")
    others = [one for one in dict.fromkeys(ids) if one != reply_to]
    return reply_to, (*others[: LONGEST_THREAD - 1], reply_to) if reply_to else ()
