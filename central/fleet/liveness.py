"""Is a station online, unhealthy, stale or offline? A pure answer from its last heartbeat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

NOT_ENROLLED = "not_enrolled"
NEVER_HEARD = "never_heard"
ONLINE = "online"
UNHEALTHY = "unhealthy"
STALE = "stale"
OFFLINE = "offline"

LOOP_LIMIT_S = 180.0
"""A loop of the agent that did not complete a round for so long makes its station unhealthy."""


def is_dead(state: str) -> bool:
    """Whether nothing is to be expected of the station's present PC."""
    return state in (OFFLINE, NOT_ENROLLED)


@dataclass(frozen=True)
class Pulse:
    """What is known of a station's life."""

    enrolled: bool
    heard_at: datetime | None
    slowest_loop_s: float = 0.0


def station_state(pulse: Pulse, now: datetime, stale_after: timedelta, offline_after: timedelta) -> str:
    """The one word for a station's condition at `now`."""
    if not pulse.enrolled:
        return NOT_ENROLLED
    if pulse.heard_at is None:
        return NEVER_HEARD
    age = now - pulse.heard_at
    if age >= offline_after:
        return OFFLINE
    if age >= stale_after:
        return STALE
    return UNHEALTHY if pulse.slowest_loop_s > LOOP_LIMIT_S else ONLINE
