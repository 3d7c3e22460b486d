"""Brings links in, and finds the footage that they speak of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q

from central.custody.models import Asset
from central.retention.facts import LINK_MARGIN
from central.retention.links_file import LinkRow, read_links
from central.retention.models import Link
from central.retention.recorders import MARGIN
from central.roster.models import Officer, Shift
from central.roster.sheet import RowError

LONGEST_RECORDING = MARGIN
"""A recording that began so long before a link's instant had ended by then."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file: with errors nothing happened."""

    errors: tuple[RowError, ...] = ()
    added: int = 0
    unchanged: int = 0


def bring_links(content: bytes, zone: ZoneInfo, now: datetime, by: str, *, dry_run: bool = False) -> Outcome:
    """Import one file whole, or say all that is wrong. Idempotent: what is known stays, nothing is taken away."""
    rows, errors = read_links(content, zone)
    with transaction.atomic():
        errors += _unknown(rows)
        if errors:
            return Outcome(tuple(sorted(errors, key=lambda error: error.row)))
        known = {_key(one) for one in Link.objects.all()}
        new = {_key(row): row for row in rows if _key(row) not in known}
        if not dry_run:
            for row in new.values():
                Link.objects.create(
                    asset_id=row.asset_id,
                    officer_id=row.officer_id,
                    at=row.at,
                    kind=row.kind,
                    reference=row.reference,
                    brought_at=now,
                    brought_by=by,
                )
    return Outcome(added=len(new), unchanged=len(rows) - len(new))


def _key(one: Link | LinkRow) -> tuple[object, ...]:
    return one.asset_id, one.officer_id, one.at, one.kind, one.reference


def _unknown(rows: Sequence[LinkRow]) -> list[RowError]:
    assets = Asset.objects.in_bulk([row.asset_id for row in rows if row.asset_id is not None])
    officers = set(Officer.objects.values_list("pk", flat=True))
    lost = [RowError(row.row, "asset_id", "there is no such asset") for row in rows if _lacks(row, assets)]
    named = (row for row in rows if row.asset_id is None and row.officer_id not in officers)
    return lost + [RowError(row.row, "officer_id", f"no roster names {row.officer_id!r}") for row in named]


def _lacks(row: LinkRow, assets: Iterable[object]) -> bool:
    return row.asset_id is not None and row.asset_id not in assets


def linked_assets(rows_seen: Iterable[str] | None = None) -> Iterator[Asset]:
    """Every asset that some link may speak of, each once; `rows_seen`: of these cameras alone. Whether it does is
    for `facts` to say."""
    seen: set[object] = set()
    cameras = None if rows_seen is None else frozenset(rows_seen)
    for link in Link.objects.order_by("number"):
        for asset in _near(link):
            if asset.pk not in seen and (cameras is None or asset.camera in cameras):
                seen.add(asset.pk)
                yield asset


def _near(link: Link) -> Iterable[Asset]:
    if link.asset_id is not None:
        return Asset.objects.select_related("object").filter(pk=link.asset_id)
    at = link.at
    if at is None:
        return ()
    duties = Shift.objects.filter(officer=link.officer_id, starts_at__lte=at + MARGIN, ends_at__gte=at - MARGIN)
    cameras = set(duties.exclude(status__in=Shift.NOBODYS).values_list("camera_serial", flat=True))
    began = Q(recorded_at__lte=at + LINK_MARGIN, recorded_at__gte=at - LONGEST_RECORDING - LINK_MARGIN)
    return Asset.objects.select_related("object").filter(began, camera__in=cameras)
