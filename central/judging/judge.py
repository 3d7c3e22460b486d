"""Judges a camera's duties: facts, pure rule, rows. What late means is thought about in the rule alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from central.config import CentralConfig
from central.judging.due import TIME, due_cameras, read_news
from central.judging.gathering import gather
from central.judging.inferred_end import with_inferred_end
from central.judging.models import Concern, Look
from central.judging.rows import Case, keep
from central.roster.duties import duties_with
from central.roster.station_roster import LOOK_BACK, policy_revision
from central.timeliness.duty import Duty
from central.timeliness.facts import Facts
from central.timeliness.judgement import Judgement, judge
from central.timeliness.verdict import Outstanding, Pending

log = structlog.get_logger()

SOONEST, LATEST = timedelta(seconds=1), timedelta(hours=1)
RETRY = timedelta(minutes=1)
"""When a camera that could not be judged is tried again."""


@dataclass(frozen=True)
class Judging:
    """What every judgement of one central needs."""

    config: CentralConfig
    up_since: datetime
    """While central was down no station could report: none is called silent before `offline_after` from here on."""


def judge_due(judging: Judging, now: datetime) -> int:
    """Judge every camera that is due; returns how many were. Harmless to repeat, and to kill at any instant: a
    camera's judgements and its next look are one transaction."""
    read_news(judging.config, now)
    looks = due_cameras(now)
    for look in looks:
        try:
            judge_camera(judging, look, now)
        except OperationalError:
            raise  # the database is in trouble, not this camera
        except Exception as error:
            # One camera's strange facts must not keep all others from being judged.
            log.error("judging_failed", camera=look.camera, error=repr(error), exc_info=True)
            Look.objects.filter(pk=look.pk).update(next_look_at=now + RETRY)
    return len(looks)


def judge_camera(judging: Judging, look: Look, now: datetime) -> None:
    """Judge this camera's duties that have begun, and say when to look again."""
    with transaction.atomic():
        duties = duties_with([look.camera], now - LOOK_BACK, judging.config)
        facts = gather(look.camera, duties, judging.up_since, now)
        plainly = [(duty, judge(duty, facts, now)) for duty in duties if duty.starts_at <= now]
        judged = [with_inferred_end(duty, said, facts, now) for duty, said in plainly]
        revision = policy_revision(judging.config)
        keep(look.camera, [Case(duty, said, revision, look.because, now) for duty, said in judged], now)
        _concern(look, facts, judged, now)
        look.next_look_at = next_look(duties, facts, judged, now)
        look.because = TIME
        look.save()


def next_look(
    duties: Iterable[Duty], facts: Facts, judged: Sequence[tuple[Duty, Judgement]], now: datetime
) -> datetime | None:
    """When time alone may change what is said; None: never."""
    looks = [duty.deadline for duty in (*duties, *(duty for duty, _ in judged)) if duty.deadline > now]
    heard = {one.station: one.heard_at for one in facts.stations}
    for duty, said in judged:
        if isinstance(said.plain, Pending) and said.plain.waiting_for:
            silent = [heard.get(name) or now for name in said.plain.waiting_for]
            looks.append(max(now + SOONEST, min(silent) + duty.policy.offline_after))
        elif isinstance(said.plain, Outstanding):
            looks.append(now + min(LATEST, max(SOONEST, duty.policy.grace / 24)))
    return min(looks, default=None)


def _concern(look: Look, facts: Facts, judged: Iterable[tuple[Duty, Judgement]], now: datetime) -> None:
    told = {one.station: one.reported_until for one in facts.stations}
    concerns: dict[str, bool] = {}
    for duty, said in judged:
        for name in said.relevant:
            until = told.get(name)
            awaited = duty.deadline <= now and (until is None or until <= duty.deadline)
            concerns[name] = concerns.get(name, False) or awaited
    before = dict(Concern.objects.filter(look=look).values_list("station_id", "is_awaited"))
    if before != concerns:
        Concern.objects.filter(look=look).delete()
        Concern.objects.bulk_create(
            Concern(look=look, station_id=name, is_awaited=awaited) for name, awaited in sorted(concerns.items())
        )
