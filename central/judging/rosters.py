"""Bringing a roster in, by whatever way it comes: the command, the watched folder, the API, a page."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from central.config import CentralConfig
from central.instants import parse_instant
from central.judging.foresight import count_late
from central.roster.importing import Bringing, Outcome, Window, bring_in, confirm
from central.roster.plan import Limits


def bring_roster(content: bytes, bringing: Bringing, *, dry_run: bool = False) -> Outcome:
    """Import one file with the limits of [roster]; see `bring_in`."""
    config: CentralConfig = settings.CONFIG
    late = count_late(config, bringing.at)
    return bring_in(content, bringing, site_zone(), _limits(), late, dry_run=dry_run)


def confirm_roster(number: int, by: str, at: datetime) -> Outcome | None:
    """Apply an import that waits; None when it does not wait any more."""
    return confirm(number, by, at, site_zone())


def window_of(text: str) -> Window:
    """`FROM..TO`; a bare date means its first instant in the site's zone.

    Raises:
        ValueError: it is no window; the message says why.
    """
    begins, dots, ends = text.partition("..")
    if not dots:
        raise ValueError(f"{text!r} is not FROM..TO, e.g. 2026-11-01..2026-12-01")
    window = _edge(begins), _edge(ends)
    if window[0] >= window[1]:
        raise ValueError(f"{text!r} ends before it begins")
    return window


def counted(outcome: Outcome, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    plan, done = outcome.plan, "would be" if dry_run else "were"
    total = len(plan.added) + len(plan.changed) + plan.unchanged
    gone = f", {len(plan.withdrawn)} withdrawn" if plan.standing else ""
    return (
        f"{total} shifts: {len(plan.added)} {done} added, {len(plan.changed)} changed, "
        f"{plan.unchanged} unchanged{gone}"
    )


def site_zone() -> ZoneInfo:
    return ZoneInfo(settings.CONFIG.web.time_zone)


def _edge(text: str) -> datetime:
    text = text.strip()
    try:
        return parse_instant(text if len(text) > 10 else f"{text}T00:00", site_zone())
    except ValueError as error:
        raise ValueError(f"{text!r} {error}") from error


def _limits() -> Limits:
    roster = settings.CONFIG.roster
    return Limits(roster.confirm_moved, roster.confirm_withdrawn, roster.confirm_late)
