"""A central that judges, by rows alone: minutes are counted from noon, shifts last from 08:00 to 16:00."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from central.config import CentralConfig
from central.judging.judge import Judging, judge_due
from central.judging.models import Judgement
from central.judging.verdicts import current
from tests.roster.rows import bring, shift
from tests.watching.telling import Telling, at

START, END = -240, 240
DEADLINE = END + 24 * 60
LONG_AGO = -40 * 24 * 60


@dataclass
class Court:
    """Judges all that is due. `up_since` is the minute at which central came up."""

    config: CentralConfig = field(default_factory=CentralConfig)
    up_since: float = 2 * LONG_AGO

    def sit(self, minute: float) -> int:
        return judge_due(Judging(self.config, at(self.up_since)), at(minute))

    def says(self, minute: float, shift_id: str = "S1") -> Judgement:
        """What stands of a shift once all that is due at this minute was judged."""
        self.sit(minute)
        said = current(shift_id)
        assert said is not None
        return said


def roster(*shift_ids: str, starts: float = START, ends: float = END, said: float = LONG_AGO, **more: Any) -> None:
    """Bring these shifts in, all alike."""
    usual = {"starts_at": at(starts), "ends_at": at(ends), "stations": ("east",)}
    bring(*(shift(name, **{**usual, **more}) for name in shift_ids), at=at(said))


def watching(name: str = "east", since: float = LONG_AGO) -> Telling:
    """A station that has watched for long."""
    station = Telling(name)
    station.start(since)
    return station


def minutes_late(said: Judgement) -> float | None:
    return None if said.late_by_s is None else timedelta(seconds=said.late_by_s) / timedelta(minutes=1)
