"""How fast uploads may go: the timetable, the token bucket, and the size of the next chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

MIB = 1 << 20
SMALLEST_CHUNK = MIB
LARGEST_CHUNK = 64 * MIB
REFUSED_FLOOR = MIB // 4
"""A chunk refused as too large is halved down to this; whatever refuses less is not a server for footage."""
BROKEN_FLOOR = 16 * 1024
"""A chunk on which a connection broke becomes no smaller than this. Only whole chunks count, so on a link that dies
every few seconds only a small one ever arrives."""
CHUNK_SECONDS = 10.0
"""A chunk should take about this long: little is lost with a connection, and the order is asked often."""

BURST_SECONDS = 0.25
SMALLEST_GRANT = 4096


@dataclass(frozen=True, slots=True)
class Limit:
    """A window of the station's local day with its rate."""

    start: int
    """Minutes after local midnight."""
    end: int
    """Minutes after local midnight, exclusive; 1440 is the end of the day; before `start`: the window crosses
    midnight."""
    rate: float
    """Bytes per second, of all uploads together. 0 means: no uploads in this window."""


def minutes_of(text: str) -> int:
    """Minutes after midnight of `HH:MM`; `24:00` is the end of the day.

    Raises:
        ValueError: not a time of day.
    """
    hours, colon, minutes = text.partition(":")
    if not colon or len(hours) != 2 or len(minutes) != 2 or not (hours + minutes).isdecimal():
        raise ValueError(f"{text!r} is not a time of day (example: 07:00)")
    total = int(hours) * 60 + int(minutes)
    if int(minutes) > 59 or total > 1440:
        raise ValueError(f"{text!r} is not a time of day (example: 07:00)")
    return total


def limit_at(limits: Sequence[Limit], local: datetime) -> float | None:
    """Bytes per second allowed at this local wall time; None: as fast as it goes. The lowest window counts."""
    minute = local.hour * 60 + local.minute
    rates = [limit.rate for limit in limits if _covers(limit, minute)]
    return min(rates) if rates else None


def _covers(limit: Limit, minute: int) -> bool:
    if limit.start < limit.end:
        return limit.start <= minute < limit.end
    return minute >= limit.start or minute < limit.end


@dataclass(frozen=True, slots=True)
class Bucket:
    """Bytes that may go at `at_ns`. Begins empty, at the instant of its making: a restart never bursts."""

    tokens: float = 0.0
    at_ns: int = 0


def take(bucket: Bucket, now_ns: int, rate: float, wanted: int) -> tuple[Bucket, int, float]:
    """The bucket afterwards, the bytes granted now (0: none yet), and the seconds to wait before asking again.

    `rate` is above 0. At most a quarter of a second's worth saves up, so a new lower rate holds at once.
    """
    room = max(rate * BURST_SECONDS, SMALLEST_GRANT)
    gained = max(now_ns - bucket.at_ns, 0) / 1e9 * rate
    tokens = min(bucket.tokens + gained, room)
    least = min(wanted, SMALLEST_GRANT)
    if tokens < least:
        return Bucket(tokens, now_ns), 0, (least - tokens) / rate
    granted = min(wanted, int(tokens))
    return Bucket(tokens - granted, now_ns), granted, 0.0


def next_chunk_size(chunk: int, sent: int, seconds: float) -> int:
    """The chunk after one of which `sent` bytes took `seconds`: about ten seconds of the link, 1 to 64 MiB.

    It at most doubles, also when it was below 1 MiB because connections broke; and a small last piece of a file says
    nothing about the link.
    """
    if sent < min(chunk, SMALLEST_CHUNK):
        return chunk
    fitting = sent / max(seconds, 1e-6) * CHUNK_SECONDS
    return int(min(max(fitting, SMALLEST_CHUNK), LARGEST_CHUNK, 2 * chunk))


def smaller_chunk(chunk: int, *, refused: bool) -> int:
    """Half of it after someone on the way refused it as too large; a quarter after the connection broke on it.

    Each broken try costs a longer wait than the one before, and growing again costs none.
    """
    return max(chunk // 2, REFUSED_FLOOR) if refused else max(chunk // 4, BROKEN_FLOOR)
