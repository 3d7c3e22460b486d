"""The commands `roster import|pending|confirm|discard|without-shift`."""

from __future__ import annotations

import argparse
import sys

from django.conf import settings

from central import clock
from central.instants import rfc3339
from central.judging.rosters import bring_roster, confirm_roster, counted, window_of
from central.judging.without_shift import COLUMNS, without_shift
from central.refusals import CommandRefused
from central.roster.importing import Bringing, Outcome, Window, discard
from central.roster.models import RosterImport
from central.rows_out import write_rows

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


def list_without_shift(options: argparse.Namespace) -> None:
    write_rows(COLUMNS, without_shift(settings.CONFIG, clock.now()), options.format, sys.stdout)


def _window(text: str | None) -> Window | None:
    try:
        return None if text is None else window_of(text)
    except ValueError as error:
        raise CommandRefused(f"--replace-window: {error}; nothing was imported") from error


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
