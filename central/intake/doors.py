"""One door per row of the table of calls: who knocks, what they say, and which view answers."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from central import clock
from central.fleet.credentials import Shown, Worth, shown
from central.fleet.knocks import Sort, note
from central.intake.answers import Refused
from central.intake.pace import Pace, TooMuch
from central.roster.keys import key_name_of
from protocol import PROTOCOL_VERSION, VERSION_HEADER
from protocol.calls import CALLS, PREFIX, Call

View = Callable[..., HttpResponse]

PACE = Pace()
"""Of this process: `serve` has one that answers."""

OPEN_BODY = 64 * 1024
"""Bytes that a call without credential may send."""

VIEWS: dict[str, View] = {}
"""The view of each call by the call's name; filled by `@door`."""


def door(name: str) -> Callable[[View], View]:
    """Register the view that answers the call `name`."""

    def register(view: View) -> View:
        VIEWS[name] = view
        return view

    return register


@cache
def _decoder(struct: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(struct)


def _check_size(call: Call, request: HttpRequest) -> None:
    """What nobody signed for is small: else anyone could fill central's memory."""
    length = request.headers.get("Content-Length", "")
    if call.open and length.isdecimal() and int(length) > OPEN_BODY:
        raise Refused(413, "too_large", f"the body has more than {OPEN_BODY} bytes; it was not read")


def _parsed(call: Call, request: HttpRequest, station: str = "") -> dict[str, Any]:
    if call.request is None:
        return {}
    try:
        return {"message": _decoder(call.request).decode(request.body)}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if (version := spoken_version(request)) > PROTOCOL_VERSION:
            raise _too_new(version, station, f"{call.request.__name__}: {error}") from error
        raise Refused(
            400, "bad_request", f"the body is no {call.request.__name__}: {error}", f"see {PREFIX}/openapi.json"
        ) from error


def spoken_version(request: HttpRequest) -> int:
    """The protocol version that the other side says it speaks; 0: it does not say."""
    said = request.headers.get(VERSION_HEADER, "")
    return int(said[:9]) if said.isascii() and said.isdecimal() else 0


def _too_new(version: int, station: str, what: str) -> Refused:
    """What of a newer protocol is understood is taken; only what is not is refused."""
    if station:
        note(Sort.PROTOCOL, station, clock.now(), f"{version}, {what}")
    return Refused(
        400,
        "protocol_too_new",
        f"this speaks protocol {version}, central {PROTOCOL_VERSION}, and cannot read it: {what}; nothing was taken",
        "keep it and send it again later; bring central to the version of its stations",
    )


def knocking_station(request: HttpRequest) -> str:
    """The station whose credential the request carries.

    Raises:
        Refused: 401, when there is none, or one that is unknown, ended or revoked.
    """
    token = _shown(request)
    found = shown(token, clock.now()) if token else Shown(Worth.UNKNOWN)
    if found.worth is not Worth.GOOD:
        if token:
            peer = request.META.get("REMOTE_ADDR", "") or "unknown address"
            note(Sort.CREDENTIAL, found.station or peer, clock.now(), f"{found.worth.value} from {peer}")
        what, hint = _WORTHLESS[found.worth]
        message = f"the credential {what}; nothing was accepted"
        raise Refused(401, found.worth.value, message, hint, WWW_Authenticate="Bearer")
    return found.station


_ENROL = "keep the footage and enroll this station again"
_RENEW = f"renew it: POST {PREFIX}/credential"
_WORTHLESS = {
    Worth.UNKNOWN: ("is missing or unknown", _ENROL),
    Worth.REVOKED: ("was revoked", _ENROL),
    Worth.SUPERSEDED: ("was renewed, and the new one is used: perhaps two PCs are one station", _RENEW),
    Worth.EXPIRED: ("has ended", _RENEW),
}


def knocking_key(request: HttpRequest) -> str:
    """The name of the key that the request carries.

    Raises:
        Refused: 401, when there is none, or one that is unknown or revoked.
    """
    token = _shown(request)
    name = key_name_of(token, clock.now()) if token else None
    if name is None:
        raise Refused(
            401,
            "unauthorized",
            "the key is missing, unknown or revoked; nothing was accepted",
            "ask for one: dock-central key add NAME prints it; send it as Authorization: Bearer KEY",
            WWW_Authenticate="Bearer",
        )
    return name


def _shown(request: HttpRequest) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _given(call: Call, request: HttpRequest) -> dict[str, str]:
    """Who knocks, as the view's argument."""
    if call.open:
        return {}
    return {"key": knocking_key(request)} if call.keyed else {"station": knocking_station(request)}


def _answer(call: Call, request: HttpRequest, keys: dict[str, Any]) -> HttpResponse:
    _check_size(call, request)
    given = _given(call, request)
    station = given.get("station", "")
    if not station:
        return VIEWS[call.name](request, **given, **keys, **_parsed(call, request))
    try:
        with PACE.request(station, call.name, time.monotonic()):
            return VIEWS[call.name](request, **given, **keys, **_parsed(call, request, station))
    except TooMuch as much:
        if much.is_flood:
            note(Sort.FLOOD, station, clock.now(), call.name)
        raise Refused(
            429,
            "too_many_requests",
            "this station asks more than a station does; nothing was looked at",
            "wait as long as Retry-After says",
            Retry_After=str(much.retry_after_s),
        ) from None


def _dispatcher(calls: dict[str, Call]) -> View:
    @csrf_exempt
    def dispatch(request: HttpRequest, **keys: Any) -> HttpResponse:
        call = calls.get(_method(request, calls))
        if call is None:
            return HttpResponseNotAllowed(sorted(calls))
        return _answer(call, request, keys)

    return dispatch


def _method(request: HttpRequest, calls: dict[str, Call]) -> str:
    """The method meant: tus lets a client that can send only POST name another in a header."""
    meant = request.headers.get("X-HTTP-Method-Override", "").upper()
    is_tus = any(call.name.startswith("tus_") for call in calls.values())
    return meant if meant and is_tus and request.method == "POST" else request.method or ""


def url_patterns() -> list[URLPattern]:
    """The addresses of all calls.

    Raises:
        LookupError: a call of the table has no view, or a view has no call.
    """
    if names := {call.name for call in CALLS} ^ set(VIEWS):
        raise LookupError(f"calls and views do not match: {sorted(names)}")
    by_path: dict[str, dict[str, Call]] = {}
    for call in CALLS:
        by_path.setdefault(call.path, {})[call.method] = call
    return [
        path((PREFIX + where).lstrip("/").replace("{", "<uuid:").replace("}", ">"), _dispatcher(calls))
        for where, calls in by_path.items()
    ]
