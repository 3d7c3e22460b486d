"""The commands `roster import`, `roster pending`, `roster confirm` and `roster discard`."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from central import clock
from central.instants import parse_instant, rfc3339
from central.judging.rosters import bring_roster, confirm_roster
from central.refusals import CommandRefused
from central.roster.importing import Bringing, Outcome, Window, discard
from central.roster.models import RosterImport

BY = "command"
MOST_WARNINGS = 20


def import_roster(options: argparse.Namespace) -> None:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    bringing = Bringing(BY, clock.now(), options.file.name, _window(options.replace_window))
    outcome = bring_roster(content, bringing, dry_run=options.dry_run)
    _refuse(outcome, str(options.file))
    for warning in outcome.warnings[:MOST_WARNINGS]:
        print(f"warning: {warning}", file=sys.stderr)
    if len(outcome.warnings) > MOST_WARNINGS:
        print(f"warning: and {len(outcome.warnings) - MOST_WARNINGS} more of these", file=sys.stderr)
    if outcome.doubts:
        raise CommandRefused(_waiting(outcome, dry_run=options.dry_run))
    print(counted(outcome, dry_run=options.dry_run), file=sys.stderr)


def pending(_options: argparse.Namespace) -> None:
    """One line per import that waits, on stdout."""
    for one in RosterImport.objects.filter(state=RosterImport.WAITING).order_by("pk"):
        print(
            f"{one.pk}\t{rfc3339(one.brought_at)}\t{one.file_name or one.brought_by}\t"
            f"{one.added} added, {one.changed} changed, {one.withdrawn} withdrawn\t{' '.join(one.doubts)}"
        )


def confirm(options: argparse.Namespace) -> None:
    outcome = confirm_roster(options.number, BY, clock.now())
    if outcome is None:
        raise CommandRefused(f"no import {options.number} waits; `dock-central roster pending` lists those that do")
    _refuse(outcome, f"import {options.number}")
    print(counted(outcome, dry_run=False), file=sys.stderr)


def drop(options: argparse.Namespace) -> None:
    if not discard(options.number, BY, clock.now()):
        raise CommandRefused(f"no import {options.number} waits; `dock-central roster pending` lists those that do")


def _window(text: str | None) -> Window | None:
    if text is None:
        return None
    begins, dots, ends = text.partition("..")
    if not dots:
        raise CommandRefused(f"--replace-window {text!r} is not FROM..TO, e.g. 2026-11-01..2026-12-01")
    window = _instant(begins), _instant(ends)
    if window[0] >= window[1]:
        raise CommandRefused(f"--replace-window {text!r} ends before it begins")
    return window


def _instant(text: str) -> datetime:
    """A bare date means its first instant in the site's zone."""
    try:
        return parse_instant(text if len(text.strip()) > 10 else f"{text.strip()}T00:00", _zone())
    except ValueError as error:
        raise CommandRefused(f"--replace-window: {text!r} {error}") from error


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.CONFIG.web.time_zone)


def _refuse(outcome: Outcome, name: str) -> None:
    if outcome.errors:
        listed = "\n".join(f"{name}: {error}" for error in outcome.errors)
        raise CommandRefused(f"{len(outcome.errors)} error(s) in the roster; nothing was imported\n{listed}")


def _waiting(outcome: Outcome, *, dry_run: bool) -> str:
    listed = "\n".join(f"  {doubt}" for doubt in outcome.doubts)
    if dry_run:
        return f"this import would wait for a person's word:\n{listed}"
    return (
        f"the import waits for a person's word as number {outcome.number}; the roster is as before\n{listed}\n"
        f"To apply it: dock-central roster confirm {outcome.number}; to drop it: roster discard {outcome.number}"
    )


def counted(outcome: Outcome, *, dry_run: bool) -> str:
    """What the import did, in one line."""
    plan, done = outcome.plan, "would be" if dry_run else "were"
    total = len(plan.added) + len(plan.changed) + plan.unchanged
    gone = f", {len(plan.withdrawn)} withdrawn" if plan.standing else ""
    return (
        f"{total} shifts: {len(plan.added)} {done} added, {len(plan.changed)} changed, "
        f"{plan.unchanged} unchanged{gone}"
    )
