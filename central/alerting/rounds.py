"""One round of the alert worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import structlog

from central.answers.settling import settle
from central.judging.judge import Judging, judge_due
from central.judging.roster_folder import import_dropped
from central.notices.telling import tell

log = structlog.get_logger()


def play_round(judging: Judging, now: datetime) -> bool:
    """Bring in the roster folder, judge what is due, end answers that docks have ended, write notices; True when all
    succeeded.

    A part that fails is logged, keeps no other from its turn and is tried again in the next round.
    """
    parts: tuple[tuple[str, Callable[[], object]], ...] = (
        ("roster_folder", lambda: import_dropped(now)),
        ("judging", lambda: judge_due(judging, now)),
        ("answers", lambda: settle(judging.config, now)),
        ("notices", lambda: tell(judging.config, now)),
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
