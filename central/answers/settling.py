"""Ends by itself what docks or rosters have ended: repairs, losses and checks whose camera docked, and a word about a
camera that whoever said it now has on a shift of his own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from central.answers.closing import close
from central.answers.kinds import ONCE_PER_CAMERA, Kind, Outcome
from central.answers.models import Answer
from central.answers.saying import own_shift_from
from central.config import CentralConfig
from central.custody.models import DockSession
from central.judging.excuses import end_excuse
from central.judging.models import Judgement
from central.judging.verdicts import current
from central.roster.models import Officer

BY = "central"


@dataclass(frozen=True)
class Ending:
    outcome: Outcome
    at: datetime
    """Later deadlines are not excused any more."""


def settle(config: CentralConfig, now: datetime) -> int:
    """End what has ended; returns how many. Harmless to repeat, and to kill at any instant."""
    unended = Answer.objects.filter(closings=None, kind__in=[*ONCE_PER_CAMERA, Kind.SAID_DOCKED])
    found = ((one, _ending(one, config)) for one in unended.select_related("excuse").order_by("pk"))
    # Looked at without a transaction: the worker does this every second, and mostly finds nothing.
    return sum(_end(answer, ending, now) for answer, ending in list(found) if ending is not None)


def docked_after(camera: str, instant: datetime) -> datetime | None:
    """When this camera first docked after `instant`, on central's clock. A drop folder, or a camera whose name
    another one bears too, proves nothing."""
    rows = DockSession.objects.filter(camera=camera, proves_dock=True, docked_at__gt=instant - timedelta(days=1))
    docks = (_on_our_clock(one) for one in rows.exclude(identity_unique=False))
    return min((at for at in docks if at > instant), default=None)


def _on_our_clock(dock: DockSession) -> datetime:
    assert dock.docked_at is not None  # noqa: S101 - the rows were asked for by it
    return dock.docked_at - timedelta(milliseconds=dock.offset_ms or 0)


def _ending(answer: Answer, config: CentralConfig) -> Ending | None:
    if answer.kind == Kind.SAID_DOCKED:
        return _of_check(answer)
    docked = docked_after(answer.camera, answer.said_at)
    if docked is not None:
        return Ending(Outcome.DOCKED, docked)
    # A roster that came later may put whoever said it on that camera: his own deadline is not his to excuse.
    since = answer.excuse.since if answer.excuse is not None and answer.excuse.since else answer.said_at
    own = own_shift_from(_officers(answer.said_by), answer.camera, since, config)
    return None if own is None else Ending(Outcome.OWN_SHIFT, own.starts_at)


def _of_check(answer: Answer) -> Ending | None:
    """A check ends once another dock decides the shift than when it was said."""
    said = current(answer.shift_id)
    if said is None or said.docked_at is None or _is_the_one_seen(said, answer):
        return None
    return Ending(Outcome.DOCKED, said.docked_at)


def _is_the_one_seen(said: Judgement, answer: Answer) -> bool:
    """By its session: a clock that is measured later moves the instant of the same dock."""
    seen = Judgement.objects.filter(pk=answer.judgement).values_list("docked_session", flat=True).first()
    return said.docked_session == seen if seen else said.docked_at == answer.seen_docked_at


def _end(answer: Answer, ending: Ending, now: datetime) -> int:
    with transaction.atomic():
        if answer.closings.exists():
            return 0  # a person was faster
        if answer.excuse_id is not None:
            end_excuse(answer.excuse_id, ending.at, now)
        close(answer, ending.outcome, BY, now)
        return 1


def _officers(email: str) -> list[str]:
    return list(Officer.objects.filter(email__iexact=email).values_list("pk", flat=True)) if email else []
