"""Bringing a roster in, by whatever way it comes: the command, the watched folder, the API, a page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from central.config import CentralConfig
from central.judging.foresight import count_late
from central.roster.importing import Bringing, Outcome, bring_in, confirm
from central.roster.plan import Limits


def bring_roster(content: bytes, bringing: Bringing, *, dry_run: bool = False) -> Outcome:
    """Import one file with the limits of [roster]; see `bring_in`."""
    config: CentralConfig = settings.CONFIG
    late = count_late(config, bringing.at)
    return bring_in(content, bringing, _zone(), _limits(), late, dry_run=dry_run)


def confirm_roster(number: int, by: str, at: datetime) -> Outcome | None:
    """Apply an import that waits; None when it does not wait any more."""
    return confirm(number, by, at, _zone(), _limits())


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.CONFIG.web.time_zone)


def _limits() -> Limits:
    roster = settings.CONFIG.roster
    return Limits(roster.confirm_moved, roster.confirm_withdrawn, roster.confirm_late)
