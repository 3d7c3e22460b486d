"""The doors for heartbeats, central's standing and the roster."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from central import clock
from central.custody.epochs import store_epoch
from central.fleet.heartbeats import keep_heartbeat
from central.intake.answers import empty_answer, json_answer
from central.intake.doors import door
from central.roster.station_roster import station_roster
from protocol.messages import Heartbeat, HeartbeatAnswer, StandingAnswer


@door("heartbeats")
def take_heartbeat(request: HttpRequest, station: str, message: Heartbeat) -> HttpResponse:
    now = clock.now()
    keep_heartbeat(station, message, request.body.decode(), now)
    _, etag = station_roster(station, settings.CONFIG, now)
    return json_answer(HeartbeatAnswer(server_time=clock.now(), store_epoch=store_epoch(), roster_etag=etag))


@door("standing")
def tell_standing(request: HttpRequest, station: str) -> HttpResponse:
    return json_answer(StandingAnswer(server_time=clock.now(), store_epoch=store_epoch()))


@door("roster")
def tell_roster(request: HttpRequest, station: str) -> HttpResponse:
    roster, etag = station_roster(station, settings.CONFIG, clock.now())
    wanted = [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]
    if etag in wanted or "*" in wanted:
        return empty_answer(304, ETag=etag)
    answer = json_answer(roster)
    answer["ETag"] = etag
    return answer
