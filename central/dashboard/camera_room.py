"""How long until a camera's card is full, from what it records itself. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

LEAST_OUTINGS = 3
"""Fewer say nothing of how a camera is used."""
LEAST_HOURS = 4.0
"""In the open, in all of them together."""


@dataclass(frozen=True)
class Stay:
    """One dock: what was new on the card when it came, and what was free when it was listed last."""

    docked_at: datetime
    undocked_at: datetime | None
    new_bytes: int
    free_bytes: int | None


@dataclass(frozen=True)
class Room:
    """What a camera has left. `hours`: of being out, from when it was left alone; None: nobody can say."""

    bytes_per_hour: float
    free_bytes: int
    hours: float
    full_at: datetime | None
    """None: it is in a dock."""


def room_of(stays: Sequence[Stay]) -> Room | None:
    """From the stays in order of time. None: the card's room is not told, or too little is known of its use."""
    outings = [
        (later.docked_at - before.undocked_at, later.new_bytes)
        for before, later in pairwise(stays)
        if before.undocked_at is not None and later.docked_at > before.undocked_at
    ]
    hours = sum((span / timedelta(hours=1) for span, _ in outings), 0.0)
    if len(outings) < LEAST_OUTINGS or hours < LEAST_HOURS:
        return None
    last, rate = stays[-1], sum(count for _, count in outings) / hours
    if last.free_bytes is None or rate <= 0:
        return None
    left = min(last.free_bytes / rate, 24 * 365.0)
    full_at = None if last.undocked_at is None else last.undocked_at + timedelta(hours=left)
    return Room(rate, last.free_bytes, left, full_at)
