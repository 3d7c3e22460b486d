"""The doors where a new PC trades its code for a credential, and where an enrolled one renews it."""

from __future__ import annotations

import base64
import binascii

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from central import clock
from central.custody.epochs import store_epoch
from central.fleet.credentials import RenewalRefused, end_of_one_made, renew
from central.fleet.enrolment import CodeRefused, spend_code
from central.intake.answers import Refused, json_answer
from central.intake.doors import door
from central.intake.workplace import workplace
from protocol.messages import EnrollAnswer, EnrollRequest, ReceiptKey, RenewAnswer, RenewRequest

log = structlog.get_logger()


@door("enroll")
def enroll(request: HttpRequest, message: EnrollRequest) -> HttpResponse:
    _check_public_key(message.public_key)
    now = clock.now()
    try:
        enrolled = spend_code(
            message.code,
            message.public_key,
            message.hostname,
            now,
            meant_for=message.station,
            expires_at=end_of_one_made(now, settings.CONFIG.stations) if message.renews else None,
        )
    except CodeRefused:
        log.warning("enrolment_refused", hostname=message.hostname)
        raise Refused(
            403,
            "code_refused",
            "the enrolment code is unknown, used already, too old or for another station; nothing was enrolled",
            "ask for a fresh one: dock-central station add (or replace) prints it",
        ) from None
    log.info("station_enrolled", station=enrolled.station, hostname=message.hostname, version=message.version)
    signer = workplace().signer
    return json_answer(
        EnrollAnswer(
            station=enrolled.station,
            credential=enrolled.credential,
            receipt_key=ReceiptKey(key_id=signer.key_id, public_key=signer.public_key),
            store_epoch=store_epoch(),
            server_time=now,
            replaces=enrolled.replaces,
            credential_expires_at=enrolled.expires_at,
        )
    )


@door("renew")
def renew_credential(request: HttpRequest, message: RenewRequest) -> HttpResponse:
    now = clock.now()
    try:
        expires_at = renew(message, settings.CONFIG.stations, now)
    except RenewalRefused as refused:
        log.warning("renewal_refused", station=message.station, code=refused.code)
        raise Refused(
            403,
            refused.code,
            f"{refused}; nothing was changed",
            "copying goes on; for a new credential: dock-central station replace ID, then dock-agent enroll",
        ) from None
    return json_answer(RenewAnswer(station=message.station, credential_expires_at=expires_at, server_time=now))


def _check_public_key(text: str) -> None:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32:
        raise Refused(400, "bad_public_key", "public_key must be 32 bytes in base64; the code was not used")
