"""What a station's heartbeats tell only together: restarts, and where its free space is heading. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

Sample = Sequence[int]
"""Seconds since 1970, and free bytes."""

RESTART_SLACK = timedelta(seconds=30)
"""How much later a start may seem: a heartbeat that was long under way tells a younger agent than there is."""
MOST_RESTARTS = 20
MOST_BOOTS = 8
SAMPLE_EVERY_S = 300
SAMPLES_FOR_S = 3 * 3600
SHORTEST_COURSE_S = 1800
LONGEST_UPTIME_S = 10 * 365 * 86400.0


def started_at(uptime_s: float, now: datetime) -> datetime:
    """When an agent started that told this uptime just now. A station may say any number."""
    return now - timedelta(seconds=max(0.0, min(uptime_s, LONGEST_UPTIME_S)))


def is_restart(before: datetime, heard_before: datetime, started: datetime, now: datetime) -> bool:
    """Whether an agent that started then is another run than the one heard before.

    It is younger than the one before was, or its start moved on by more than a slow network explains.
    """
    return now - started < heard_before - before or started - before > RESTART_SLACK


def with_restart(restarts: Sequence[int], now: datetime) -> list[int]:
    return [*restarts, int(now.timestamp())][-MOST_RESTARTS:]


def restarts_within(restarts: Sequence[int], span: timedelta, now: datetime) -> int:
    return sum(0 <= now.timestamp() - at <= span.total_seconds() for at in restarts)


def is_twin(boots: Sequence[str], boot_id: str) -> bool:
    """Whether a boot speaks again after another one did. A PC that started anew never goes back: these are two."""
    return boot_id in boots[:-1]


def with_boot(boots: Sequence[str], boot_id: str) -> list[str]:
    """The last few boots, that of now last."""
    return [*(one for one in boots if one != boot_id), boot_id][-MOST_BOOTS:]


def with_sample(samples: Sequence[Sample], free: int, now: datetime) -> list[Sample]:
    """The last hours with this one. A clock of ours that was set back begins anew."""
    at = int(now.timestamp())
    kept = [one for one in samples if 0 <= at - one[0] <= SAMPLES_FOR_S]
    if kept and at - kept[-1][0] < SAMPLE_EVERY_S:
        return kept
    return [*kept, (at, free)]


def full_in(samples: Sequence[Sample], free: int, now: datetime) -> timedelta | None:
    """When the disk is full if it goes on as in the last hours; None: it is not filling, or nobody can say yet."""
    if not samples:
        return None
    elapsed = int(now.timestamp()) - samples[0][0]
    filled = samples[0][1] - free
    if elapsed < SHORTEST_COURSE_S or filled <= 0:
        return None
    return timedelta(seconds=min(free * elapsed / filled, LONGEST_UPTIME_S))
