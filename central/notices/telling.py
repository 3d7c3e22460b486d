"""One round of notices: items in line with what stands, and every digest that leaves now in the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import uuid4
from zoneinfo import ZoneInfo

import structlog
from django.conf import settings
from django.db import transaction

from central.config import CentralConfig
from central.notices import models
from central.notices.composing import Composed, Composing
from central.notices.deciding import Leaving, leaving
from central.notices.digest import Kind
from central.notices.facts import Item
from central.notices.gathering import Gathering
from central.notices.items import beginning, mark_done, settle_items
from central.notices.letters import Summary, compose, compose_summary
from central.notices.locks import held
from central.notices.models import MailState, Notice
from central.notices.officers import remind_officers
from central.notices.outbox import Said, list_id, message_id, post

log = structlog.get_logger()


def tell(config: CentralConfig, now: datetime, up_since: datetime | None = None) -> int:
    """Decide what is due and put it into the outbox; returns how many mails. One process at a time; may be killed at
    any instant: each camera's item, and each mail, is one transaction. `up_since`: since when stations could tell
    central what happened; None: for long."""
    with held(settings.DATA.notices_lock) as ours:
        if not ours:
            return 0
        beginning(now)
        settle_items(now, ZoneInfo(config.web.time_zone))
        gathering = Gathering(config, now, up_since)
        return _tell(config, gathering, now) + remind_officers(config, gathering.hearing, now)


def _tell(config: CentralConfig, gathering: Gathering, now: datetime) -> int:
    items = gathering.items()
    mark_done([one.number for one in items if one.closed_at is not None and not one.still_to_hear()], now)
    _remember_unaddressed(sum(1 for one in items for post in one.posts if not post.first))
    leave = _leaving(items, gathering, now)
    composing = Composing(config, gathering, now)
    written: list[tuple[Leaving, Composed]] = []
    failed: Exception | None = None
    for one in leave:
        try:
            written.append((one, _write(composing.compose(one, uuid4()), one, config, now)))
        except Exception as error:
            # One digest's strange facts must not keep all others from being told; the round counts as failed.
            log.error("notice_failed", unit=one.unit, to=one.recipient, error=repr(error), exc_info=True)
            failed = failed or error
    _tell_it_of_a_storm(written, config, now)
    if failed is not None:
        raise failed
    return len(written)


def _leaving(items: Sequence[Item], gathering: Gathering, now: datetime) -> tuple[Leaving, ...]:
    """Whether something keeps an item back is asked of those alone of which something would leave."""
    concerned = {said.item.number for one in leaving(items, now) for said in one.sayings}
    return leaving([gathering.with_pause(one) if one.number in concerned else one for one in items], now)


def _write(composed: Composed, leaving_now: Leaving, config: CentralConfig, now: datetime) -> Composed:
    digest = composed.digest
    is_storm = len(digest.lines) > config.notices.storm
    letter = compose_summary(_summary((composed,), digest.recipient, config, now)) if is_storm else compose(digest)
    with transaction.atomic():
        post(
            letter,
            Kind.SUMMARY if is_storm else digest.kind,
            at=now,
            due_at=leaving_now.due_at,
            mode=leaving_now.mode,
            notice_id=digest.notice_id,
            unit=digest.unit,
            said=[_said(composed, number) for number in range(len(composed.lines))],
        )
    log.info("notice_written", notice=str(digest.notice_id), kind=str(digest.kind), to=digest.recipient)
    return composed


def _said(composed: Composed, number: int) -> Said:
    saying, line = composed.lines[number]
    return Said(str(line.kind), line.camera, line.shift_ids, models.Item(pk=saying.item.number))


def _tell_it_of_a_storm(written: Sequence[tuple[Leaving, Composed]], config: CentralConfig, now: datetime) -> None:
    """So many cameras out for the first time at once often have one cause. Whoever can find it is told."""
    live = [composed for one, composed in written if one.mode == Notice.LIVE]
    new = {line.camera for one in live for line in one.digest.lines if line.kind is Kind.FIRST}
    if len(new) <= config.notices.storm:
        return
    for recipient in config.notices.it_recipients:
        summary = _summary(live, recipient, config, now)
        with transaction.atomic():
            post(compose_summary(summary), Kind.SUMMARY, at=now, notice_id=summary.notice_id)


def _summary(written: Sequence[Composed], recipient: str, config: CentralConfig, now: datetime) -> Summary:
    """Of a single digest it takes the place, and the name; of several it is a further mail."""
    alone = written[0].digest if len(written) == 1 and written[0].digest.recipient == recipient else None
    notice_id = alone.notice_id if alone else uuid4()
    return Summary(
        notice_id=notice_id,
        recipient=recipient,
        digests=tuple(one.digest for one in written),
        limit=config.notices.storm,
        at=now,
        zone=ZoneInfo(config.web.time_zone),
        base_url=config.web.base_url,
        message_id=message_id(notice_id, config.web, config.mail),
        in_reply_to=alone.in_reply_to if alone else "",
        references=alone.references if alone else (),
        list_id=list_id(config.web, config.mail),
    )


def _remember_unaddressed(posts: int) -> None:
    if MailState.objects.filter(unaddressed=posts).exists():
        return
    MailState.objects.update_or_create(pk=1, defaults={"unaddressed": posts})
