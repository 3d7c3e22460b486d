"""Alarms for pages and exports: what is open, what was, who asked not to hear of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from central.alarms.dues import muting
from central.alarms.kinds import Kind
from central.alarms.models import Alarm, Silence
from central.alarms.silences import silences

PAGE = 1000
GRAVITY = {kind.value: place for place, kind in enumerate(Kind)}
ALARM_COLUMNS = (
    *("number", "kind", "subject", "station_id", "sentence", "since", "opened_at", "ended_at", "told_at"),
    *("end_told_at", "posted_at", "silenced_until", "silenced_by", "silence_reason"),
)


@dataclass(frozen=True)
class Shown:
    """One open alarm as a page shows it."""

    alarm: Alarm
    silence: Silence | None = None
    muted_by: str = ""
    """The silent station or site that explains it, so that nobody is told of it alone."""

    @property
    def number(self) -> int:
        return self.alarm.number

    @property
    def sentence(self) -> str:
        return self.alarm.sentence


def open_alarms(now: datetime) -> list[Shown]:
    """All that are open, the gravest kind first, of one kind the oldest first."""
    asked = silences(now)
    found = list(Alarm.objects.filter(ended_at=None).order_by("since", "number"))
    muted_by = muting(found)
    found.sort(key=lambda one: GRAVITY.get(one.kind, len(GRAVITY)))
    return [Shown(one, asked.get((one.kind, one.subject)), muted_by(one)) for one in found]


def ended_alarms() -> QuerySet[Alarm]:
    """What was wrong and is over, the latest end first."""
    return Alarm.objects.exclude(ended_at=None).order_by("-ended_at", "-number")


def alarm_rows(now: datetime) -> Iterator[list[Any]]:
    """Every alarm, oldest first; a thousand at a time so that a running server is never held up."""
    asked, last = silences(now), 0
    while page := list(Alarm.objects.filter(number__gt=last).order_by("number")[:PAGE]):
        for one in page:
            silence = asked.get((one.kind, one.subject)) if one.ended_at is None else None
            said = (None, None, None) if silence is None else (silence.until, silence.said_by, silence.reason)
            yield [
                *(one.number, one.kind, one.subject, one.station or None, one.sentence, one.since, one.opened_at),
                *(one.ended_at, one.told_at, one.end_told_at if one.told_at else None, one.posted_at, *said),
            ]
        last = page[-1].number
