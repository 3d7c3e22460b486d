"""Judges cameras' duties: facts, pure rule, rows. What late means is thought about in the rule alone."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, transaction

from central.judging.due import TIME, due_cameras, read_news
from central.judging.gathering import Brief, Judging, gather
from central.judging.inferred_end import with_inferred_end
from central.judging.models import Concern, Look
from central.judging.rows import Case, News, news_of, write
from central.judging.settled import acquits
from central.judging.snapshot import one_snapshot
from central.roster.station_roster import policy_revision
from central.timeliness.duty import Duty
from central.timeliness.facts import Facts
from central.timeliness.judgement import Judgement, judge, prepare
from central.timeliness.verdict import Outstanding, Pending

__all__ = ("Judging", "judge_due")

log = structlog.get_logger()

SOONEST, LATEST = timedelta(seconds=1), timedelta(hours=1)
RETRY = timedelta(minutes=1)
"""When a camera that could not be judged is tried again."""
AT_ONCE = 25
"""Cameras that are read in one snapshot and written in one transaction: stations' events wait for the latter."""
MOST_IN_A_ROUND = 500
ROUND_S = 0.7
"""No batch is begun after so long: what else a round does must not wait for a thousand cameras."""


def judge_due(judging: Judging, now: datetime) -> int:
    """Judge cameras that are due, longest due first, for about a second; returns how many were. Harmless to repeat,
    and to kill at any instant: a camera's judgements and its next look are one transaction."""
    begun = time.monotonic()
    read_news(judging.config, now)
    looks = due_cameras(now, MOST_IN_A_ROUND)
    done = 0
    while done < len(looks) and (done == 0 or time.monotonic() - begun < ROUND_S):
        _judge_batch(looks[done : done + AT_ONCE], judging, now)
        done += AT_ONCE
    return min(done, len(looks))


def _judge_batch(looks: Sequence[Look], judging: Judging, now: datetime) -> None:
    try:
        _judge_all(looks, judging, now)
    except OperationalError:
        raise  # the database is in trouble, not one of these cameras
    except Exception as error:
        # One camera's strange facts must not keep all others from being judged.
        if len(looks) > 1:
            for look in looks:
                _judge_batch([look], judging, now)
            return
        log.error("judging_failed", camera=looks[0].camera, error=repr(error), exc_info=True)
        Look.objects.filter(pk=looks[0].pk).update(next_look_at=now + RETRY)


@dataclass(frozen=True)
class Outcome:
    """What is to be written of one camera."""

    look: Look
    """As it will be."""
    news: News
    concerns: dict[str, bool] | None
    """None: as they were."""


def _judge_all(looks: Sequence[Look], judging: Judging, now: datetime) -> None:
    with one_snapshot():
        revision = policy_revision(judging.config)
        outcomes = [_judged(brief, revision, now) for brief in gather(looks, judging, now)]
    with transaction.atomic():
        asked = dict(Look.objects.filter(pk__in=[look.pk for look in looks]).values_list("pk", "asked"))
        # Whoever asked for another look meanwhile knows of something that was not read: this one is for nothing.
        _write([one for one in outcomes if asked.get(one.look.pk) == one.look.asked], now)


def _judged(brief: Brief, revision: str, now: datetime) -> Outcome:
    prepared = prepare(brief.facts)
    plainly = [(duty, judge(duty, prepared, now)) for duty in brief.due]
    judged = [with_inferred_end(duty, said, prepared, brief.shifts, now) for duty, said in plainly]
    cases = [Case(duty, said, revision, brief.look.because, now) for duty, said in judged]
    concerns = dict(_concerns(brief, judged, now))
    look = Look(
        camera=brief.look.camera,
        next_look_at=next_look(brief, judged, now),
        because=TIME,
        asked=brief.look.asked,
        everything=False,
        docks_read=brief.docks_read,
    )
    return Outcome(look, news_of(brief, cases), None if concerns == brief.concerns else concerns)


def next_look(brief: Brief, judged: Sequence[tuple[Duty, Judgement]], now: datetime) -> datetime | None:
    """When time alone may change what is said; None: never."""
    acquitted = {shift.shift_id for duty, said in judged if acquits(said) for shift in duty.shifts} | brief.settled
    open_ = [duty for duty in brief.facts.duties if duty.shifts[0].shift_id not in acquitted]
    open_ += [duty for duty, said in judged if not acquits(said)]  # perhaps with a later end
    looks = [one.deadline for one in open_ if one.deadline > now]
    return min((*looks, *_unsettled_looks(brief.facts, judged, now)), default=None)


def _unsettled_looks(facts: Facts, judged: Iterable[tuple[Duty, Judgement]], now: datetime) -> Iterator[datetime]:
    heard = {one.station: one.heard_at for one in facts.stations}
    for duty, said in judged:
        if isinstance(said.plain, Pending) and said.plain.waiting_for:
            silent = [heard.get(name) or now for name in said.plain.waiting_for]
            yield max(now + SOONEST, min(silent) + duty.policy.offline_after)
        elif isinstance(said.plain, Outstanding):
            yield now + min(LATEST, max(SOONEST, duty.policy.grace / 24))


def _concerns(brief: Brief, judged: Iterable[tuple[Duty, Judgement]], now: datetime) -> Iterator[tuple[str, bool]]:
    """Every station among the facts, and whether how far it has told may change a verdict."""
    open_ = [(duty, said) for duty, said in judged if duty.deadline <= now and not acquits(said)]
    for one in brief.facts.stations:
        least = one.reported_until
        deadlines = (duty.deadline for duty, said in open_ if one.station in said.relevant)
        yield one.station, any(least is None or least <= deadline for deadline in deadlines)


def _write(outcomes: Sequence[Outcome], now: datetime) -> None:
    write([one.news for one in outcomes], now)
    changed = [one for one in outcomes if one.concerns is not None]
    Concern.objects.filter(look__in=[one.look.pk for one in changed]).delete()
    Concern.objects.bulk_create(
        Concern(look=one.look, station_id=name, is_awaited=awaited)
        for one in changed
        for name, awaited in sorted((one.concerns or {}).items())
    )
    Look.objects.bulk_create(
        (one.look for one in outcomes),
        update_conflicts=True,
        unique_fields=["camera"],
        update_fields=["next_look_at", "because", "everything", "docks_read"],
    )
