"""Taking custody events into their chain: idempotent, without gaps, forks noticed, nothing ever thrown away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import structlog
from django.db import OperationalError, transaction

from central.custody import applying_watch as _applying_watch  # noqa: F401 - teaches `apply` its events
from central.custody.applying import Unapplicable, apply, in_utc
from central.custody.claims import note_blocked, settle_claims
from central.custody.models import CustodyEvent, Fork, ParkedEvent
from central.custody.parked import may_speak_of_watching
from central.fleet.ledgers import note_if_succeeded
from central.fleet.models import Ledger
from protocol.chain import event_hash
from protocol.events import Event, decode_body
from protocol.messages import EventEnvelope

log = structlog.get_logger()


class ForeignLedger(Exception):
    """The ledger belongs to another station. To the asking station it does not exist."""


class LedgerClosed(Exception):
    """The station's PC was replaced; its old ledger takes no more events."""


class Forked(Exception):
    """Another event stands at this place already. It was recorded and is shown to people."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(frozen=True)
class Reading:
    """A body as far as it could be read."""

    event: Event | None
    reason: str = ""


def record_events(station: str, envelopes: list[EventEnvelope], now: datetime) -> int:
    """Store what continues the chain, in one transaction; returns the highest contiguous number.

    Raises:
        ForeignLedger, LedgerClosed: nothing was stored.
        Forked: the events before the fork were stored, and the fork was recorded.
    """
    fork: int | None = None
    with transaction.atomic():
        ledger = _ledger_of(station, envelopes[0].ledger_uuid, now)
        for envelope in envelopes:
            if envelope.number > ledger.head_number + 1:
                _note_gap(ledger, envelope.number, now)
                break
            if not _take(ledger, envelope, now):
                fork = envelope.number
                break
        ledger.save()
        settle_claims(ledger, now)
        note_if_succeeded(station, ledger.ledger_uuid, now)
    if fork is not None:
        raise Forked(fork)
    return ledger.head_number


def _ledger_of(station: str, ledger_uuid: UUID, now: datetime) -> Ledger:
    ledger, _ = Ledger.objects.get_or_create(
        ledger_uuid=ledger_uuid, defaults={"station_id": station, "opened_at": now}
    )
    if ledger.station_id != station:
        raise ForeignLedger
    if ledger.closed_at is not None:
        raise LedgerClosed
    return ledger


def _note_gap(ledger: Ledger, number: int, now: datetime) -> None:
    if ledger.gap_until is None:
        log.warning("ledger_gap", ledger=str(ledger.ledger_uuid), after=ledger.head_number, offered=number)
    ledger.gap_since = ledger.gap_since or now
    ledger.gap_until = max(number, ledger.gap_until or 0)


def _take(ledger: Ledger, envelope: EventEnvelope, now: datetime) -> bool:
    """True when the event stands at its place, now or already; False for a fork."""
    offered = _hash_of(envelope)
    if envelope.number <= ledger.head_number:
        known = ledger.events.get(number=envelope.number).hash
        return known == offered or _record_fork(ledger, envelope, known, offered, now)
    if envelope.previous_hash != ledger.head_hash:
        return _record_fork(ledger, envelope, ledger.head_hash, envelope.previous_hash, now)
    reading = Reading(None, _withheld(envelope)) if envelope.withheld else _read(envelope.body.encode())
    row = CustodyEvent.objects.create(
        ledger=ledger,
        number=envelope.number,
        previous_hash=envelope.previous_hash,
        hash=offered,
        body=envelope.body,
        received_at=now,
        name=_name(reading.event),
        at=_instant(reading.event),
        asset_id=getattr(reading.event, "asset_id", None),
    )
    ledger.head_number, ledger.head_hash = envelope.number, offered
    if ledger.gap_until is not None and ledger.gap_until <= envelope.number:
        ledger.gap_until = ledger.gap_since = None
    reason = reading.reason or _apply(ledger, reading.event, now)
    if reason:
        unwatches = may_speak_of_watching(envelope.body)
        ParkedEvent.objects.create(event=row, reason=reason, parked_at=now, unwatches=unwatches)
        if unwatches:
            note_blocked(ledger, now)
        log.warning("event_parked", ledger=str(ledger.ledger_uuid), number=envelope.number, reason=reason)
    return True


def _hash_of(envelope: EventEnvelope) -> str:
    """The event's hash; of a withheld one what its station says it is, for only the station has its body."""
    if envelope.withheld and envelope.hash is not None:
        return envelope.hash
    before = bytes.fromhex(envelope.previous_hash)
    return event_hash(envelope.ledger_uuid, envelope.number, before, envelope.body.encode()).hex()


def _withheld(envelope: EventEnvelope) -> str:
    return f"withheld by its station, which keeps it: {envelope.withheld[:500]}"


def _record_fork(ledger: Ledger, envelope: EventEnvelope, known: str, offered: str, now: datetime) -> bool:
    Fork.objects.get_or_create(
        ledger=ledger,
        number=envelope.number,
        offered_hash=offered,
        defaults={"known_hash": known, "offered_body": envelope.body, "noticed_at": now},
    )
    log.error("ledger_fork", ledger=str(ledger.ledger_uuid), number=envelope.number, known=known, offered=offered)
    return False


def _read(body: bytes) -> Reading:
    try:
        return Reading(decode_body(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Reading(None, str(error) or type(error).__name__)


def _name(event: Event | None) -> str:
    return "" if event is None else str(type(event).__struct_config__.tag)


def _instant(event: Event | None) -> datetime | None:
    """When it happened by the station's clock; None when that is no instant of ours."""
    try:
        return None if event is None else in_utc(event.at.wall)
    except (Unapplicable, OverflowError):  # no offset, or before the year 1 in UTC: a clock that never was set
        return None


def _apply(ledger: Ledger, event: Event | None, now: datetime) -> str:
    """Why the event could not be applied, or nothing. Its chain goes on either way."""
    try:
        with transaction.atomic():
            apply(event, ledger, now)
    except Unapplicable as error:
        return str(error)
    except OperationalError:
        raise  # the database is in trouble, not the event
    except Exception as error:  # noqa: BLE001 - one strange event must never block those behind it
        return repr(error)
    return ""
