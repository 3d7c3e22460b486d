"""Puts mails to IT into the outbox: what opened, what is over, what is still open. Each is told once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4, uuid5
from zoneinfo import ZoneInfo

from django.db import transaction

from central.alarms.dues import Due, Row, Rules, due_by_mail
from central.alarms.gathering import live_stations
from central.alarms.models import Alarm
from central.alarms.wording import Place, Said, of_again, of_new, of_over
from central.config import CentralConfig
from central.notices import outbox
from central.notices.digest import Kind as NoticeKind
from central.notices.letters import compose_it


@dataclass(frozen=True)
class Recipients:
    """To whom, and in which words."""

    addresses: tuple[str, ...]
    config: CentralConfig

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.config.web.time_zone)


def tell(to: Recipients, rules: Rules, now: datetime) -> None:
    """Post what is due. Rows are marked in the transaction that posts: a mail leaves once, and none is forgotten."""
    if _nothing(_due(rules, now)):
        return
    with transaction.atomic():
        due = _due(rules, now)  # again: another worker may have told it meanwhile
        _mark(due.settled, end_told_at=now)
        if not to.addresses:
            return  # what is open is told once there is somebody
        live = live_stations()
        place = Place(to.zone, len(live), live)
        if due.new:
            mail = post_mail(to, of_new(due.new, place), now)
            _mark(due.new, told_at=now, told_message_id=str(mail))
        if due.over:
            post_mail(to, of_over(due.over, place), now, _threads(due.over))
            _mark(due.over, end_told_at=now)
        if due.again:
            post_mail(to, of_again(due.again, place), now, _threads(due.again))
            _mark(due.again, reminded_at=now)


def post_mail(to: Recipients, said: Said, now: datetime, threads: Sequence[UUID] = ()) -> UUID:
    """One mail to everybody of IT; returns what names it. `threads`: the mails that it follows."""
    mail = uuid4()
    for address in to.addresses:
        before = tuple(_message_id(one, address, to.config) for one in threads)
        letter = compose_it(
            address,
            said.subject,
            said.sentences,
            at=now,
            zone=to.zone,
            base_url=to.config.web.base_url,
            over=said.is_over,
            message_id=_message_id(mail, address, to.config),
            in_reply_to=before[-1] if before else "",
            references=before,
        )
        outbox.post(letter, NoticeKind.IT_ALERT, at=now, notice_id=uuid5(mail, address))
    return mail


def _due(rules: Rules, now: datetime) -> Due:
    rows = list(Alarm.objects.filter(end_told_at=None).order_by("number"))
    return due_by_mail(rows, rules, now)


def _nothing(due: Due) -> bool:
    return not (due.new or due.over or due.again or due.settled)


def _mark(rows: Sequence[Row], **said: object) -> None:
    if rows:
        Alarm.objects.filter(pk__in=[one.number for one in rows]).update(**said)


def _threads(rows: Sequence[Row]) -> tuple[UUID, ...]:
    return tuple(UUID(one) for one in dict.fromkeys(row.told_message_id for row in rows) if one)


def _message_id(mail: UUID, address: str, config: CentralConfig) -> str:
    """The same mail to two people is two mails: each can be answered and found."""
    return outbox.message_id(uuid5(mail, address), config.web, config.mail)
