"""When something leaves: after a delay, or at the times of day that a unit has set. Pure, and proof against DST."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from central.notices.facts import Manner

_DAY = timedelta(days=1)


def news_leaves(manner: Manner, since: datetime) -> datetime:
    """When a digest leaves whose first news is of `since`."""
    return next_time(manner.times, manner.zone, since) if manner.times else since + manner.delay


def reminder_leaves(manner: Manner, last: datetime) -> datetime:
    """When somebody who was told at `last` is reminded.

    With times of day it may be an eighth early: a mail of 06:00:02 is followed by that of 06:00, also when the clocks
    went forward in between.
    """
    if not manner.times:
        return last + manner.reminders
    return next_time(manner.times, manner.zone, last + manner.reminders * 7 / 8)


def escalation_leaves(manner: Manner, at: datetime) -> datetime:
    return next_time(manner.times, manner.zone, at) if manner.times else at


def next_time(times: Sequence[time], zone: ZoneInfo, at: datetime) -> datetime:
    """The first of these local times of day at or after `at`, in UTC.

    A time that the night of the change has twice is its first; one that it skips is as much later as it skips.
    """
    today = at.astimezone(zone).date()
    days = (today - _DAY, today, today + _DAY, today + 2 * _DAY)
    every = (datetime.combine(day, one, zone).astimezone(UTC) for day in days for one in times)
    return min(one for one in every if one >= at)
