"""Does this process still make progress by itself? What does not, systemd starts again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

OWN_LIMIT_S = 120.0
"""A round of a loop that asks nobody else takes milliseconds; letting go of many hanging bays takes a minute."""
CALLING_LIMIT_S = 1800.0
"""A round that calls central may wait for each of its calls: silence has limits of its own, far below this one."""
CALLING = frozenset({"heartbeat", "outbox", "spool"})
"""The loops whose rounds wait for central."""


@dataclass(frozen=True, slots=True)
class LoopPulse:
    """One loop at one moment."""

    name: str
    is_alive: bool
    round_s: float
    """Seconds since its present round began; 0 between rounds, however the last one ended."""


def hung(loops: Iterable[LoopPulse], own_limit_s: float = OWN_LIMIT_S) -> tuple[str, ...]:
    """The loops that died or are stuck in a round: while there are any, the watchdog is not fed.

    Only rounds count, not their success: a central that is away and a card that hangs in its own process make rounds
    fail or wait, and a restart would mend neither.
    """
    return tuple(
        loop.name
        for loop in loops
        if not loop.is_alive
        or loop.round_s > (max(CALLING_LIMIT_S, own_limit_s) if loop.name in CALLING else own_limit_s)
    )
