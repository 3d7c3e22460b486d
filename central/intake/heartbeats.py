"""The doors for heartbeats, central's standing and the roster."""

from __future__ import annotations

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from central import clock
from central.custody.claims import take_claim
from central.custody.epochs import store_epoch
from central.custody.models import ParkedEvent
from central.custody.receipts import standing_of
from central.fleet.credentials import term_of
from central.fleet.heartbeats import keep_heartbeat, last_heard_at
from central.fleet.ledgers import held_head
from central.intake.answers import empty_answer, json_answer
from central.intake.doors import door
from central.intake.workplace import workplace
from central.roster.station_roster import roster_etag, station_roster
from protocol.messages import Heartbeat, HeartbeatAnswer, StandingAnswer, StandingRequest


@door("heartbeats")
def take_heartbeat(request: HttpRequest, station: str, message: Heartbeat) -> HttpResponse:
    now = clock.now()
    with transaction.atomic():
        keep_heartbeat(station, message, request.body.decode(), now, settings.CONFIG.stations)
        if not settings.DATA.clock_in_doubt.exists():
            take_claim(station, message, now)
    term = term_of(station, settings.CONFIG.stations)
    return json_answer(
        HeartbeatAnswer(
            server_time=clock.now(),
            store_epoch=store_epoch(),
            roster_etag=roster_etag(station, settings.CONFIG, now),
            ledger_head=None if message.head is None else held_head(station, message.head.ledger_uuid),
            parked_events=ParkedEvent.objects.filter(event__ledger__station_id=station).count(),
            credential_expires_at=term.expires_at,
            renew_credential_from=term.renew_from,
        )
    )


@door("standing")
def tell_standing(request: HttpRequest, station: str) -> HttpResponse:
    heard_at = last_heard_at(station)
    return json_answer(StandingAnswer(server_time=clock.now(), store_epoch=store_epoch(), heartbeat_at=heard_at))


@door("standing_of")
def tell_standing_of(request: HttpRequest, station: str, message: StandingRequest) -> HttpResponse:
    store = workplace().store
    receipts = [standing_of(store, station, claim.asset_id, claim.receipt_id) for claim in message.receipts]
    # The epoch last: raised in between, it must not stand beside answers of the central before.
    return json_answer(StandingAnswer(server_time=clock.now(), store_epoch=store_epoch(), receipts=receipts))


@door("roster")
def tell_roster(request: HttpRequest, station: str) -> HttpResponse:
    now = clock.now()
    etag = roster_etag(station, settings.CONFIG, now)  # before the shifts: one too old is asked for again, no more
    wanted = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag in wanted or "*" in wanted:
        return empty_answer(304, ETag=etag)
    answer = json_answer(station_roster(station, settings.CONFIG, now))
    answer["ETag"] = etag
    return answer
