"""The officer's own gentle reminder, soon after the end of his duty. An option; it says nothing to anybody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Exists, OuterRef

from central.config import CentralConfig
from central.fleet.models import Heartbeat
from central.judging.models import Judgement
from central.notices.digest import Kind
from central.notices.hearing import Hearing
from central.notices.items import beginning
from central.notices.letters import OfficerReminder, compose_officer_reminder
from central.notices.manners import manner_of
from central.notices.models import Line
from central.notices.outbox import list_id, message_id, post
from central.notices.whereabouts import last_dock, last_left
from central.timeliness.verdict import Pending


def remind_officers(config: CentralConfig, hearing: Hearing, now: datetime) -> int:
    """Remind each officer once per duty whose camera no dock has seen since; returns how many."""
    after = config.notices.officer_reminder
    if after is None:
        return 0
    due = [row for row in _unreturned(after, now) if _is_sure(row, config, hearing, now)]
    for row in due:
        _remind(row, config, now)
    return len(due)


def _unreturned(after: timedelta, now: datetime) -> list[Judgement]:
    """The last shift of each duty that ended so long ago and is not due yet."""
    told = Line.objects.filter(kind=Kind.OFFICER_REMINDER, shift_id=OuterRef("shift_id"))
    rows = Judgement.objects.filter(verdict=Pending.name, superseded_at=None, docked_at=None, deadline_at__gt=now)
    rows = rows.filter(duty_ends_at__lte=now - after, duty_ends_at__gt=beginning(now)).exclude(Exists(told))
    rows = rows.exclude(shift__officer__email="").select_related("shift__officer")
    last = {(row.camera, row.duty_ends_at): row for row in rows.order_by("shift__ends_at")}
    return list(last.values())


def _is_sure(row: Judgement, config: CentralConfig, hearing: Hearing, now: datetime) -> bool:
    """It was taken out, and its docks are alive and have told all: nobody is troubled for a station that is silent
    or catching up."""
    relevant = set(row.evidence.get("relevant", ()))
    if hearing.unheard(relevant) or hearing.must_wait(row.camera, [row.shift_id]):
        return False
    heard = Heartbeat.objects.filter(station__in=relevant, received_at__gt=now - config.stations.offline_after)
    last = last_dock(row.camera)
    is_out = last is None or last.undocked_at is not None
    return bool(relevant) and heard.count() == len(relevant) and is_out


def _remind(row: Judgement, config: CentralConfig, now: datetime) -> None:
    notice_id = uuid4()
    left_at, left_where = last_left(row.camera)
    letter = compose_officer_reminder(
        OfficerReminder(
            notice_id=notice_id,
            recipient=row.shift.officer.email,
            camera=row.camera,
            shift_ends_at=row.duty_ends_at,
            end_source=row.end_source,
            deadline_at=row.deadline_at,
            at=now,
            zone=ZoneInfo(config.web.time_zone),
            message_id=message_id(notice_id, config.web, config.mail),
            left_at=left_at,
            left_where=left_where,
            list_id=list_id(config.web, config.mail),
        )
    )
    mode = manner_of(config, row.shift.unit).mode
    with transaction.atomic():
        notice = post(letter, Kind.OFFICER_REMINDER, at=now, mode=mode, notice_id=notice_id, unit=row.shift.unit)
        Line.objects.create(notice=notice, kind=Kind.OFFICER_REMINDER, camera=row.camera, shift_id=row.shift_id)
