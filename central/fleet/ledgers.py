"""What central knows of a station's ledgers beside their events: how far each is held, which one spoke again."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog

from central.fleet.models import GENESIS_HEX, Ledger
from protocol.messages import LedgerHead

log = structlog.get_logger()


def held_head(station: str, ledger_uuid: UUID) -> LedgerHead:
    """How far central holds this ledger of the station; number 0 when it never heard of it."""
    found = Ledger.objects.filter(station_id=station, ledger_uuid=ledger_uuid).first()
    number, digest = (0, GENESIS_HEX) if found is None else (found.head_number, found.head_hash)
    return LedgerHead(ledger_uuid=ledger_uuid, number=number, hash=digest)


def note_if_succeeded(station: str, ledger_uuid: UUID, now: datetime) -> None:
    """A ledger that another one has succeeded is silent for ever. If it speaks, two PCs are one station, or an old
    disk was put back: nothing is refused, people are told."""
    if not Ledger.objects.filter(station_id=station, predecessor=ledger_uuid).exists():
        return
    if Ledger.objects.filter(ledger_uuid=ledger_uuid, spoke_again_at=None).update(spoke_again_at=now):
        log.error("ledger_spoke_again", station=station, ledger=str(ledger_uuid))
