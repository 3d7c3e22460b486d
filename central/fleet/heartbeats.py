"""Keeping the latest heartbeat of each station."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from central.config import Stations
from central.fleet.course import is_restart, is_twin, started_at, with_boot, with_restart, with_sample
from central.fleet.ledgers import note_if_succeeded
from central.fleet.models import Bay, Heartbeat, Ledger
from central.fleet.standing import hear, standing_of
from protocol import messages


def _in_utc(instant: datetime | None) -> datetime | None:
    """A heartbeat is always taken; an instant without offset is read as UTC, an impossible one is not kept."""
    if instant is None or instant.tzinfo is None:
        return instant and instant.replace(tzinfo=UTC)
    try:
        return instant.astimezone(UTC)
    except OverflowError:  # the year 1 or 9999, and an offset that leads out of the calendar
        return None


def _number(value: int) -> int:
    """The number as far as a column holds it."""
    return max(-(2**53), min(value, 2**53))


USUAL = Stations()


def keep_heartbeat(
    station: str, message: messages.Heartbeat, body: str, now: datetime, limits: Stations = USUAL
) -> None:
    """Replace the station's latest heartbeat and the reported state of its bays, in one transaction. Until when it is
    heard without another one is set with it."""
    with transaction.atomic():
        last = Heartbeat.objects.filter(pk=station).first()
        row, _ = Heartbeat.objects.update_or_create(
            station_id=station,
            defaults={
                "received_at": now,
                "body": body,
                "sequence": _number(message.sequence),
                "boot_id": message.at.boot_id,
                "version": message.version,
                "watched_until": _in_utc(message.watched_until),
                "watched_event": message.watched_event and _number(message.watched_event),
                "oldest_unreceipted_at": _in_utc(message.oldest_unreceipted_at),
                "slowest_loop_s": max(message.loop_ages_s.values(), default=0.0),
                **_course(last or Heartbeat(), message, now),
            },
        )
        hear(row, standing_of(last), limits, now)
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


def last_heard_at(station: str) -> datetime | None:
    """When the station's latest heartbeat came; None before the first."""
    return Heartbeat.objects.filter(pk=station).values_list("received_at", flat=True).first()


def _course(last: Heartbeat, message: messages.Heartbeat, now: datetime) -> dict[str, Any]:
    """What follows from this heartbeat and those before."""
    started, restarts = started_at(message.uptime_s, now), last.restarts
    if last.started_at is not None and is_restart(last.started_at, last.received_at, started, now):
        restarts = with_restart(restarts, now)
    digests = message.config_digest[:64], message.profiles_digest[:64]
    told_before = digests == (last.config_digest, last.profiles_digest)
    free = min(message.disk_free, 2**53)
    return {
        "version_since": (last.version_since if message.version == last.version else None) or now,
        "config_digest": digests[0],
        "profiles_digest": digests[1],
        "digests_since": (last.digests_since if told_before else None) or now,
        "started_at": started,
        "boots": with_boot(last.boots, message.at.boot_id[:64]),
        "twins": with_restart(last.twins, now) if is_twin(last.boots, message.at.boot_id[:64]) else last.twins,
        "restarts": restarts,
        "free_space": with_sample(last.free_space, free, now) if message.disk_total else last.free_space,
    }


def _witness(station: str, head: messages.LedgerHead, now: datetime) -> None:
    """Countersign the head a station names, where it agrees with the chain that central holds."""
    named = Ledger.objects.filter(station_id=station, ledger_uuid=head.ledger_uuid)
    named.filter(head_number=head.number, head_hash=head.hash).update(witnessed_number=head.number, witnessed_at=now)
    named.filter(Q(named_number=None) | Q(named_number__lt=head.number)).update(named_number=_number(head.number))
    note_if_succeeded(station, head.ledger_uuid, now)
