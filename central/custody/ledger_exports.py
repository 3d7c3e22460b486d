"""The rows of `export ledgers`, `forks` and `parked`: whose history is whole, and where it is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import Count

from central.custody.epochs import store_epoch
from central.custody.models import Fork, ParkedEvent
from central.fleet.models import Ledger

LEDGER_COLUMNS = (
    *("ledger_uuid", "station_id", "opened_at", "head_number", "head_hash", "predecessor", "succession"),
    *("closed_at", "missing_from", "missing_until", "named_number", "forks", "parked_events", "spoke_again_at"),
    *("set_back_from", "set_back_at", "set_back_open", "witnessed_number", "witnessed_at"),
)
FORK_COLUMNS = ("ledger_uuid", "station_id", "number", "known_hash", "offered_hash", "offered_body", "noticed_at")
PARKED_COLUMNS = ("ledger_uuid", "station_id", "number", "hash", "reason", "body", "received_at", "parked_at")


def ledger_rows() -> Iterator[list[Any]]:
    epoch = store_epoch()
    parked = dict(ParkedEvent.objects.values_list("event__ledger").annotate(Count("pk")))
    forks = dict(Fork.objects.values_list("ledger").annotate(Count("pk")))
    for one in Ledger.objects.order_by("sequence"):
        missing_from = None if one.gap_until is None else one.head_number + 1
        yield [
            *(one.ledger_uuid, one.station_id, one.opened_at, one.head_number, one.head_hash, one.predecessor),
            *(one.succession or None, one.closed_at, missing_from, one.gap_until, one.named_number),
            *(forks.get(one.pk, 0), parked.get(one.pk, 0), one.spoke_again_at),
            *(one.set_back_from, one.set_back_at, one.set_back_epoch == epoch),
            *(one.witnessed_number, one.witnessed_at),
        ]


def fork_rows() -> Iterator[list[Any]]:
    for one in Fork.objects.select_related("ledger").order_by("pk").iterator(200):
        yield [
            *(one.ledger.ledger_uuid, one.ledger.station_id, one.number, one.known_hash, one.offered_hash),
            *(one.offered_body, one.noticed_at),
        ]


def parked_rows() -> Iterator[list[Any]]:
    for one in ParkedEvent.objects.select_related("event__ledger").order_by("pk").iterator(200):
        event = one.event
        yield [
            *(event.ledger.ledger_uuid, event.ledger.station_id, event.number, event.hash, one.reason, event.body),
            *(event.received_at, one.parked_at),
        ]
