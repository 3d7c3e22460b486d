"""When to try again. Cap first, jitter after: at the cap a thousand stations still do not call in step."""

from __future__ import annotations

FIRST_S = 1.0
CAP_S = 300.0
JUST_BOOTED_S = 600.0
PATIENCE = 6
"""A failed round is tried again after about this part of the heartbeat's interval, or later. Were it a second, all
stations that met a short outage would come back in the very second in which it ends."""
LONGEST_ASKED_S = 6 * 3600.0
"""The longest Retry-After that is honoured; a server that asks for more is asked again anyway."""


def next_delay(attempt: int, jitter: float, retry_after_s: float | None = None) -> float:
    """Seconds until the next try after failed try number `attempt` (from 1 on). There is always a next try.

    `jitter` in [0, 1) spreads the delay evenly over half to one and a half times its value. What the other
    side asked for (`retry_after_s`) wins, and is spread only upwards: nobody comes before they were told to. Whoever
    asks for no wait at all gets the first step of the curve, or a broken server would be asked in circles.
    """
    if retry_after_s is not None:
        return max(min(retry_after_s, LONGEST_ASKED_S) * (1 + jitter / 10), FIRST_S * (0.5 + jitter))
    doubled = FIRST_S * 2.0 ** min(max(attempt, 1) - 1, 32)
    return min(doubled, CAP_S) * (0.5 + jitter)


def heartbeat_wait(interval_s: float, jitter: float) -> float:
    """Seconds until the next heartbeat: the interval ± 20 %, so that stations that began together drift apart."""
    return interval_s * (0.8 + 0.4 * jitter)


def after_attempt(unanswered_s: float | None, interval_s: float) -> float:
    """Seconds before a restarted station calls again, when its last call, `unanswered_s` ago, was not answered.

    A station that crashes again and again must not hammer a central that is in trouble, too. None: it was answered.
    A clock that was set back meanwhile makes nobody wait longer.
    """
    if unanswered_s is None or unanswered_s < 0:
        return 0.0
    return max(interval_s / PATIENCE - unanswered_s, 0.0)


def after_boot(uptime_s: float, interval_s: float, jitter: float) -> float:
    """Seconds before a station's first call: none, unless its PC has just booted.

    When power comes back to a city, a thousand PCs boot in the same second. They spread over one heartbeat interval.
    """
    return interval_s * jitter if uptime_s < JUST_BOOTED_S else 0.0
