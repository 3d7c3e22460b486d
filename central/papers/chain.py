"""The custody events of one asset and of the dock in which it was copied, each with its place in the chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Q

from central.custody.models import Asset, CustodyEvent, DockSession
from protocol.chain import event_hash

OF_THE_DOCK = (
    *("camera_docked", "camera_unlocked", "camera_clock_set", "card_listed", "file_refused", "unknown_camera"),
    *("identity_clash", "camera_drained", "camera_undocked"),
)
OF_ITS_FILES = ("asset_found", "asset_seen_again")


@dataclass(frozen=True)
class Told:
    """One event, and whether its hash comes out again from what is kept of it."""

    row: CustodyEvent
    holds: bool
    is_this_assets_or_its_docks: bool
    """False: it tells of another file of the same card."""


def events_of(asset: Asset, dock: DockSession | None) -> Iterator[Told]:
    """In the order of their chains. Another station may name this asset in its own ledger; that is no part of it."""
    rows = CustodyEvent.objects.filter(ledger__station=asset.station_id)
    wanted = Q(asset_id=asset.pk)
    if dock is not None and dock.ledger_id is not None:
        names = (*OF_THE_DOCK, *OF_ITS_FILES)
        wanted |= Q(ledger=dock.ledger_id, name__in=names, body__contains=f'"session":"{dock.session}"')
    for row in rows.filter(wanted).select_related("ledger").order_by("ledger", "number"):
        yield Told(row, _holds(row), row.asset_id == asset.pk or row.name in OF_THE_DOCK)


def _holds(row: CustodyEvent) -> bool:
    previous = bytes.fromhex(row.previous_hash)
    return event_hash(row.ledger.ledger_uuid, row.number, previous, row.body.encode()).hex() == row.hash
