"""The commands `dispatch import` and `dispatch compare`."""

from __future__ import annotations

import argparse
import sys
from zoneinfo import ZoneInfo

from django.conf import settings

from central import clock
from central.dispatches.comparing import compare_due
from central.dispatches.importing import Bringing, Outcome, bring_dispatches
from central.fleet.auditing import whoever_runs_this
from central.refusals import CommandRefused


def import_dispatches(options: argparse.Namespace) -> None:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    now = clock.now()
    how = {"without_refused": options.leave_out_refused, "withdraw_missing": options.withdraw_missing}
    bringing = Bringing(whoever_runs_this(), now, options.file.name, **how)
    zone = ZoneInfo(settings.CONFIG.web.time_zone)
    outcome = bring_dispatches(content, bringing, zone, settings.CONFIG.dispatches, dry_run=options.dry_run)
    listed = [f"{options.file}: {error}" for error in outcome.errors]
    if outcome.is_refused:
        told = "\n".join([f"{len(listed)} error(s) in the dispatches; nothing was imported", *listed])
        raise CommandRefused(f"{told}\n{counted(outcome, dry_run=True)}" if outcome.rows else told)
    for line in (*(f"refused: {one}" for one in listed), *(f"warning: {one}" for one in outcome.warnings)):
        print(line, file=sys.stderr)
    print(counted(outcome, dry_run=options.dry_run), file=sys.stderr)
    if not options.dry_run:
        compare_due(settings.CONFIG.dispatches, clock.now())


def compare(options: argparse.Namespace) -> None:
    changed = compare_due(settings.CONFIG.dispatches, clock.now(), everything=options.all)
    print(f"{changed} dispatches are found to be otherwise than before", file=sys.stderr)


def counted(outcome: Outcome, *, dry_run: bool) -> str:
    """What became of the rows of a file; the numbers of the first line add up."""
    kept_out = ", ".join(f"{number} {rule}" for rule, number in outcome.excluded.items())
    excluded = sum(outcome.excluded.values())
    done = "would be" if dry_run else "were"
    plan = outcome.plan
    return (
        f"{outcome.rows} rows: {outcome.used} used, {excluded} excluded{f' ({kept_out})' if kept_out else ''}, "
        f"{outcome.repeated} repeated, {outcome.refused} refused\n"
        f"{len(plan.added)} {done} added, {len(plan.changed)} changed, {len(plan.withdrawn)} withdrawn, "
        f"{plan.unchanged} unchanged"
    )
