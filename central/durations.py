"""Durations as people write them: "24h", "90 s", "1h30m"."""

from __future__ import annotations

import re
from datetime import timedelta

_SECONDS = {
    "ms": 0.001,
    "s": 1,
    "sec": 1,
    "m": 60,
    "min": 60,
    "h": 3600,
    "d": 86400,
    "w": 604800,
}
_PIECE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|sec|s|min|m|h|d|w)")


def parse_duration(text: str) -> timedelta:
    """The duration that `text` names.

    Raises:
        ValueError: `text` is not one or more numbers with a unit (ms, s, min, h, d, w).
    """
    position, seconds = 0, 0.0
    trimmed = text.rstrip()
    while position < len(trimmed):
        piece = _PIECE.match(trimmed, position)
        if piece is None:
            break
        seconds += float(piece[1]) * _SECONDS[piece[2]]
        position = piece.end()
    if not trimmed or position != len(trimmed):
        raise ValueError('a duration is a number with a unit: ms, s, min, h, d or w, for example "24h" or "1h30m"')
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("longer than a duration can be") from None
