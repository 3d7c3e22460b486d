"""The commands `retention`, `hold` and `links`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from central import clock
from central.custody.models import Asset
from central.custody.object_store import ObjectStore
from central.fleet.auditing import whoever_runs_this
from central.instants import rfc3339
from central.refusals import CommandRefused
from central.retention.binning import put_into_bin, restore
from central.retention.categorising import categorise
from central.retention.emptying import empty_bin
from central.retention.holding import place_hold, release_hold, the_hold
from central.retention.linking import bring_links
from central.retention.lists import LIST_COLUMNS, SHOWN, Worry, list_rows
from central.retention.people import person_named
from central.retention.plan import PLAN_COLUMNS, plan_rows
from central.retention.reasons import Refusal, RetentionRefused
from central.retention.recorders import shifts_of
from central.roster.models import Shift
from central.rows_out import write_rows

SERVED_WITHIN = timedelta(minutes=5)
"""The alert worker's sign of life comes with each of its rounds."""


@contextmanager
def _refusals_said() -> Iterator[None]:
    try:
        yield
    except RetentionRefused as refused:
        raise CommandRefused(str(refused)) from refused


def _assets(options: argparse.Namespace) -> list[Asset]:
    return [_asset(text) for text in options.assets]


def _asset(text: str) -> Asset:
    try:
        found = Asset.objects.filter(pk=UUID(text)).first()
    except ValueError:
        found = None
    if found is None:
        raise RetentionRefused(Refusal.NO_SUCH_ASSET, asset=text)
    return found


def _shifts(asset: Asset) -> list[Shift]:
    return shifts_of([asset]).get(asset.pk, [])


def plan(options: argparse.Namespace) -> None:
    write_rows(PLAN_COLUMNS, plan_rows(settings.CONFIG, clock.now()), options.format, sys.stdout)


def tell_lists(options: argparse.Namespace) -> None:
    """A list is cut at its oldest rows; then stderr says so."""
    wanted = [Worry(options.list)] if options.list else list(Worry)
    rows = list_rows(wanted, Asset.objects.all(), settings.CONFIG, clock.now())
    write_rows(LIST_COLUMNS, rows, options.format, sys.stdout)
    print(f"Each list has its {SHOWN} oldest rows at most.", file=sys.stderr)


def categorise_assets(options: argparse.Namespace) -> None:
    now = clock.now()
    with _refusals_said(), transaction.atomic():
        for asset in _assets(options):
            by = person_named(options.by, _shifts(asset))
            categorise(asset, options.category, by, options.reason, settings.CONFIG, now)
    print(f"{len(options.assets)} asset(s) are {options.category} now.", file=sys.stderr)


def delete(options: argparse.Namespace) -> None:
    """All of them into the bin, or none."""
    now = clock.now()
    with _refusals_said(), transaction.atomic():
        for asset in _assets(options):
            put_into_bin(asset, options.by, options.reason, settings.CONFIG, now)
    until = rfc3339(now + settings.CONFIG.retention.bin)
    print(
        f"{len(options.assets)} asset(s) are in the bin. No byte was deleted. Until {until} and until somebody runs "
        "`retention empty-bin` after that, `retention restore` brings them back.",
        file=sys.stderr,
    )


def bring_back(options: argparse.Namespace) -> None:
    now = clock.now()
    with _refusals_said(), transaction.atomic():
        for asset in _assets(options):
            restore(asset, options.by, options.reason, settings.CONFIG, now)
    print(f"{len(options.assets)} asset(s) are out of the bin.", file=sys.stderr)


def empty(options: argparse.Namespace) -> int:
    """Exit status 1 when something had to stay."""
    _refuse_unless_served()
    deleted = kept = 0
    with _refusals_said():
        for one in empty_bin(ObjectStore(settings.DATA), options.by, settings.CONFIG, clock.now()):
            if one.tombstone is None:
                kept += 1
                print(f"stays in the bin: {one.refused}", file=sys.stderr)
                continue
            deleted += 1
            left = "; the bytes stay, for another asset has them" if one.tombstone.shared else ""
            print(f"{one.asset.pk} {one.tombstone.sha256} tombstone {one.tombstone.pk}{left}")
    print(f"{deleted} deleted, {kept} stay in the bin.", file=sys.stderr)
    return 1 if kept else 0


def _refuse_unless_served() -> None:
    """A clock that was set forward makes everything old. Only a central that serves compares its clock with those of
    its stations, and marks it as doubtful."""
    try:
        alive_at = datetime.fromtimestamp(settings.DATA.up_since.stat().st_mtime, UTC)
    except FileNotFoundError:
        alive_at = datetime.fromtimestamp(0, UTC)
    if abs(clock.now() - alive_at) > SERVED_WITHIN:
        raise CommandRefused(
            "nothing was deleted: `dock-central serve` does not run with this DIR, and nobody else compares clocks "
            "with the stations'. Start it, wait for a minute of heartbeats, then empty the bin."
        )


def hold(options: argparse.Namespace) -> None:
    """Prints the numbers of the holds, one a line."""
    now = clock.now()
    with _refusals_said(), transaction.atomic():
        for asset in _assets(options):
            by = person_named(options.by, _shifts(asset))
            print(place_hold(asset, by, options.request, options.reason, now).pk)


def release(options: argparse.Namespace) -> None:
    with _refusals_said():
        found = the_hold(options.number)
        by = person_named(options.by, _shifts(found.asset))
        release_hold(found, by, options.reason, clock.now())
    print(f"Hold {options.number} is over.", file=sys.stderr)


def import_links(options: argparse.Namespace) -> None:
    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise CommandRefused(f"cannot read {options.file}: {error.strerror}; nothing was imported") from error
    zone = ZoneInfo(settings.CONFIG.web.time_zone)
    outcome = bring_links(content, zone, clock.now(), whoever_runs_this(), dry_run=options.dry_run)
    if outcome.errors:
        listed = "\n".join(f"{options.file}: {error}" for error in outcome.errors)
        raise CommandRefused(f"{len(outcome.errors)} error(s); nothing was imported\n{listed}")
    done = "would be" if options.dry_run else "were"
    total = outcome.added + outcome.unchanged
    print(f"{total} links: {outcome.added} {done} added, {outcome.unchanged} unchanged", file=sys.stderr)
