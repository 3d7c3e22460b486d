"""One round of the alert worker."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from central.alarms.watch import AlarmWatch
from central.answers.settling import settle
from central.config import CentralConfig
from central.judging.judge import Judging, judge_due
from central.judging.roster_folder import folder_trouble, import_dropped
from central.notices.telling import tell

log = structlog.get_logger()


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


def play_round(work: Work, now: datetime, worked_at: datetime) -> bool:
    """Bring in the roster folder, judge what is due, end answers that docks have ended, write notices, tell IT; True
    when all succeeded.

    A part that fails is logged, keeps no other from its turn and is tried again in the next round. `worked_at`: when
    none failed for the last time.
    """
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("roster_folder", lambda: import_dropped(now)),
        ("judging", lambda: judge_due(work.judging, now)),
        ("answers", lambda: settle(work.config, now)),
        ("notices", lambda: tell(work.config, now, work.up_since)),
        ("alarms", lambda: work.alarms.look(now, worked_at)),
    )
    succeeded = [_play(name, part) for name, part in parts]
    return all(succeeded)


def _play(name: str, part: Callable[[], object]) -> bool:
    try:
        part()
    except Exception as error:
        log.error("alert_part_failed", part=name, error=repr(error), exc_info=True)
        return False
    return True
