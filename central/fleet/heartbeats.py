"""Keeping the latest heartbeat of each station."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import transaction

from central.fleet.models import Bay, Heartbeat, Ledger
from protocol import messages


def _in_utc(instant: datetime | None) -> datetime | None:
    """A heartbeat is always taken; an instant without offset is read as UTC."""
    return instant if instant is None or instant.tzinfo is not None else instant.replace(tzinfo=UTC)


def keep_heartbeat(station: str, message: messages.Heartbeat, body: str, now: datetime) -> None:
    """Replace the station's latest heartbeat and the reported state of its bays, in one transaction."""
    with transaction.atomic():
        Heartbeat.objects.update_or_create(
            station_id=station,
            defaults={
                "received_at": now,
                "body": body,
                "sequence": min(message.sequence, 2**53),
                "boot_id": message.at.boot_id,
                "version": message.version,
                "watched_until": _in_utc(message.watched_until),
                "watched_event": message.watched_event and min(message.watched_event, 2**53),
                "oldest_unreceipted_at": _in_utc(message.oldest_unreceipted_at),
                "slowest_loop_s": max(message.loop_ages_s.values(), default=0.0),
            },
        )
        for report in message.bays:
            Bay.objects.update_or_create(
                station_id=station,
                bay=report.bay,
                defaults={
                    "label": report.label,
                    "state": report.state,
                    "camera": report.camera or "",
                    "reported_at": now,
                },
            )
        if message.head is not None:
            _witness(station, message.head, now)


def _witness(station: str, head: messages.LedgerHead, now: datetime) -> None:
    """Countersign the head a station names, where it agrees with the chain that central holds."""
    Ledger.objects.filter(
        station_id=station, ledger_uuid=head.ledger_uuid, head_number=head.number, head_hash=head.hash
    ).update(witnessed_number=head.number, witnessed_at=now)
