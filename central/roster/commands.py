"""The commands `supervisors import` and `key add|list|revoke`."""

from __future__ import annotations

import argparse
import sys

from central import clock
from central.instants import rfc3339
from central.refusals import CommandRefused
from central.roster.keys import add_key, revoke_key
from central.roster.models import Key
from central.roster.supervisors import bring_supervisors


def import_supervisors(options: argparse.Namespace) -> None:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    outcome = bring_supervisors(content, clock.now(), dry_run=options.dry_run)
    if outcome.errors:
        listed = "\n".join(f"{options.file}: {error}" for error in outcome.errors)
        raise CommandRefused(f"{len(outcome.errors)} error(s); nothing was imported\n{listed}")
    for warning in outcome.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    done = "would be" if options.dry_run else "were"
    total = outcome.added + outcome.changed + outcome.unchanged
    print(
        f"{total} units: {outcome.added} {done} added, {outcome.changed} changed, {outcome.unchanged} unchanged",
        file=sys.stderr,
    )


def key_add(options: argparse.Namespace) -> None:
    print(add_key(options.name, clock.now()))


def key_revoke(options: argparse.Namespace) -> None:
    revoke_key(options.name, clock.now())


def key_list(_options: argparse.Namespace) -> None:
    """One line per key: name, made, last used, revoked."""
    for key in Key.objects.order_by("pk"):
        used = "never used" if key.used_at is None else f"used {rfc3339(key.used_at)}"
        state = "living" if key.revoked_at is None else f"revoked {rfc3339(key.revoked_at)}"
        print(f"{key.name}\tmade {rfc3339(key.made_at)}\t{used}\t{state}")
