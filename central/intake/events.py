"""The doors for custody events and ledger heads."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from central import clock
from central.custody.recording import ForeignLedger, Forked, LedgerClosed, record_events
from central.fleet.models import Ledger
from central.intake.answers import Refused, json_answer
from central.intake.doors import door
from protocol.messages import EventBatch, EventsAnswer, LedgerHead, LedgerHeadsAnswer

MOST_AT_ONCE = 1000
"""Events stored in one transaction; while it lasts nobody else writes. The answer says how far it came."""


@door("events")
def take_events(request: HttpRequest, station: str, message: EventBatch) -> HttpResponse:
    batch = message.events
    ledgers = {envelope.ledger_uuid for envelope in batch}
    numbers = [envelope.number for envelope in batch]
    if len(ledgers) != 1 or numbers != sorted(set(numbers)):
        raise Refused(
            400,
            "bad_batch",
            "a batch holds one or more events of one ledger with ascending numbers; nothing was stored",
        )
    try:
        highest = record_events(station, batch[:MOST_AT_ONCE], clock.now())
    except ForeignLedger:
        raise Refused(404, "unknown_ledger", "this station has no such ledger; nothing was stored") from None
    except LedgerClosed:
        raise Refused(
            409,
            "ledger_closed",
            "this station's PC was replaced and its ledger is closed; nothing was stored",
            "keep the footage and enroll this PC again",
        ) from None
    except Forked as fork:
        raise Refused(
            409,
            "fork",
            f"another event stands at number {fork.number} of this ledger; both are kept and people are told",
            "do not rewrite the ledger; open a new one",
        ) from None
    return json_answer(EventsAnswer(ledger_uuid=batch[0].ledger_uuid, highest_contiguous=highest))


@door("ledgers")
def tell_ledgers(request: HttpRequest, station: str) -> HttpResponse:
    ledgers = Ledger.objects.filter(station_id=station).order_by("sequence")
    return json_answer(
        LedgerHeadsAnswer(
            heads=[
                LedgerHead(ledger_uuid=ledger.ledger_uuid, number=ledger.head_number, hash=ledger.head_hash)
                for ledger in ledgers
            ]
        )
    )
