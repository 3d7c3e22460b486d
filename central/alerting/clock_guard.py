"""Looks, before each round, whether central's own clock may be believed, and tells the other processes if not."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import structlog

from central.fleet.central_clock import LIMIT, Doubt, Jump, Reading, doubt_of
from central.fleet.models import Heartbeat
from central.instants import rfc3339

log = structlog.get_logger()


class _At(msgspec.Struct):
    wall: datetime


class _Beat(msgspec.Struct):
    at: _At


_decode = msgspec.json.Decoder(_Beat)


def since_boot() -> timedelta:
    """Of the clock that nobody sets, and that goes on while the machine sleeps."""
    return timedelta(seconds=time.clock_gettime(time.CLOCK_BOOTTIME))


@dataclass
class ClockGuard:
    """One worker's. `mark` is the file by which the server's other processes know of a doubt."""

    mark: Path
    lately: timedelta
    doubt: Doubt | None = None
    _booted_at: datetime | None = None
    _jump: Jump | None = field(default=None)

    def look(self, now: datetime, booted_since: timedelta) -> bool:
        """Bring `doubt` and the mark up to date; True when time has another meaning from here on: stations must be
        given time to tell anew."""
        jumped = self._notice_jump(now, now - booted_since)
        if self._jump is None and self.doubt is None and self.mark.exists():
            # The worker before this one was in doubt, and may have known of a jump.
            self._jump = Jump(now, timedelta(0))
        before, self.doubt = self.mark.exists(), doubt_of(readings(), now, self.lately, self._jump)
        if self.doubt is None:
            self._jump = None
            self.mark.unlink(missing_ok=True)
        elif not before:
            log.error("central_clock_in_doubt", ahead_s=self.doubt.ahead.total_seconds(), heard=self.doubt.heard)
            self.mark.write_text(rfc3339(now))
        if before and self.doubt is None:
            log.info("central_clock_believed")
        return jumped or (before and self.doubt is None)

    def _notice_jump(self, now: datetime, booted_at: datetime) -> bool:
        by = booted_at - (self._booted_at or booted_at)
        self._booted_at = booted_at
        if abs(by) <= LIMIT:
            return False
        log.warning("central_clock_jumped", by_s=by.total_seconds())
        self._jump = Jump(now, by)
        return True


def readings() -> Iterator[Reading]:
    """What each station's wall clock read at its latest heartbeat."""
    for heard_at, body in Heartbeat.objects.values_list("received_at", "body"):
        with contextlib.suppress(msgspec.DecodeError, ValueError, OverflowError):
            wall = _decode.decode(body).at.wall
            yield Reading(heard_at, (wall if wall.tzinfo else wall.replace(tzinfo=UTC)) - heard_at)
