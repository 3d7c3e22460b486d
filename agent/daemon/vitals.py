"""What the snapshot says of the process itself: its heartbeats, its configuration, its one-line summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from agent.config import Config
from agent.reporting.heartbeat import Pulse
from agent.rules.bay_words import BayState
from agent.rules.status_words import Doing, status_line

NOT_BUSY = frozenset({BayState.FREE.value, BayState.PUT_BACK.value})


@dataclass(frozen=True, slots=True)
class ConfigNews:
    """What came of the latest reading of the configuration."""

    read_at: datetime | None = None
    """When it was read again, if it ever was."""
    problems: tuple[str, ...] = ()
    """Why the new one was refused; the old one counts."""
    need_restart: tuple[str, ...] = ()
    profile_problems: tuple[str, ...] = ()
    """Why camera profiles of the site are not used, since the start."""


def vitals(
    config: Config, pulse: Pulse, news: ConfigNews, hung: Sequence[str], facts: Mapping[str, Any]
) -> dict[str, object]:
    """To be added to `facts`, the rest of the snapshot."""
    return {
        "summary": status_line(_doing(config, pulse, news, hung, facts)),
        "heartbeat": {
            "interval_s": float(config.heartbeat.interval),
            "attempted_at": _stamp(pulse.attempted_at),
            "answered_at": _stamp(pulse.answered_at),
            "failed": pulse.failed,
            "sequence": pulse.sequence,
        },
        "config": {
            "read_at": _stamp(news.read_at),
            "problems": list(news.problems),
            "need_restart": list(news.need_restart),
            "profile_problems": list(news.profile_problems),
        },
        "bays_configured": dict(config.bays),
        "hung": list(hung),
    }


def _doing(config: Config, pulse: Pulse, news: ConfigNews, hung: Sequence[str], facts: Mapping[str, Any]) -> Doing:
    return Doing(
        busy_bays=sum(bay["says"] not in NOT_BUSY for bay in facts["bays"]),
        bays=len(config.bays),
        waiting_files=facts["queue"]["files"],
        central_answers=pulse.store_epoch is not None,
        hung=hung,
        config_refused=bool(news.problems),
        profiles_refused=len(news.profile_problems),
        needs_restart=len(news.need_restart),
    )


def _stamp(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
