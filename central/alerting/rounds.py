"""One round of the alert worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from central.alarms.watch import AlarmWatch
from central.answers.settling import settle
from central.config import CentralConfig
from central.dispatches.comparing import compare_due
from central.fleet.central_clock import Doubt
from central.judging.judge import Judging, judge_due
from central.judging.roster_folder import folder_trouble, import_dropped
from central.notices.telling import tell

log = structlog.get_logger()

NEEDS_THE_TIME = frozenset({"judging", "answers", "notices", "dispatches"})
"""What would be said of people by a clock that is wrong."""


@dataclass
class Work:
    """What one worker works with. Nothing that is only here may be missed after a restart."""

    config: CentralConfig
    up_since: datetime
    judging: Judging = field(init=False)
    alarms: AlarmWatch = field(init=False)

    def __post_init__(self) -> None:
        self.judging = Judging(self.config, self.up_since)
        self.alarms = AlarmWatch(self.config, self.up_since, folder_trouble)


def play_round(work: Work, now: datetime, worked_at: datetime, doubt: Doubt | None = None) -> bool:
    """Bring in the roster folder, judge what is due, end answers that docks have ended, write notices, compare
    dispatches with recordings, tell IT; True when all succeeded.

    A part that fails is logged, keeps no other from its turn and is tried again in the next round. `worked_at`: when
    none failed for the last time. `doubt`: central's clock is not to be believed; nothing is judged or written.
    """
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("roster_folder", lambda: import_dropped(now)),
        ("judging", lambda: judge_due(work.judging, now)),
        ("answers", lambda: settle(work.config, now)),
        ("notices", lambda: tell(work.config, now, work.up_since)),
        ("dispatches", lambda: compare_due(work.config.dispatches, now)),
        ("alarms", lambda: work.alarms.look(now, worked_at, doubt)),
    )
    succeeded = [_play(name, part) for name, part in parts if doubt is None or name not in NEEDS_THE_TIME]
    return all(succeeded)


def _play(name: str, part: Callable[[], object]) -> bool:
    try:
        part()
    except Exception as error:
        log.error("alert_part_failed", part=name, error=repr(error), exc_info=True)
        return False
    return True
