"""Every call to central but the uploads. An answer counts only when it is shaped like central's own."""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec

from agent import __version__
from agent.adapters.answers import raise_for_everyone
from agent.adapters.http_session import MIB, Answer, HttpSession
from agent.errors import AuthRefused, ProtocolViolation, Refused
from agent.ports import (
    Hashing,
    HeartbeatReply,
    Mismatch,
    ReceiptStanding,
    SignedStatement,
    Standing,
    StoredEvent,
    UnknownAsset,
    VerifyAnswer,
)
from protocol import PROTOCOL_VERSION, VERSION_HEADER, messages
from protocol.sidecar import encode_path

SMALL_ANSWER = 64 * 1024
LARGE_ANSWER = 16 * MIB
SHORTEST_HASHING_S = 0.5
"""However soon a server asks to be asked again."""
LONGEST_HASHING_S = 300.0

AnswerT = TypeVar("AnswerT", bound=messages.Answer)


class CentralApi:
    """Implements Central over HTTPS JSON. Thread-safe; retries nothing."""

    def __init__(self, http: HttpSession, base_url: str) -> None:
        self._http = http
        self._api = api_url(base_url)

    def verify(self, asset_id: UUID, sha256: str, size: int) -> VerifyAnswer:
        """See Central. Tells the digest, and asks for the receipt or how far central is."""
        request = messages.VerifyRequest(sha256=sha256, size=size)
        answer, url = self._call("POST", f"assets/{asset_id}/verify", request)
        if answer.status == 202:
            hashing = _decode(answer, url, messages.HashingAnswer)
            return Hashing(min(max(hashing.retry_after_s, SHORTEST_HASHING_S), LONGEST_HASHING_S))
        if answer.status == 200:
            return _statement(_decode(answer, url, messages.SignedReceipt), url)
        if answer.status == 409 and (mismatch := _try(answer, messages.MismatchAnswer)) is not None:
            return Mismatch(mismatch.sha256, mismatch.size)
        if answer.status == 404 and _problem(answer, url).code == "unknown_asset":
            return UnknownAsset()
        raise _refusal(answer, url)

    def lookup(self, claims: Sequence[tuple[str, bytes, str, int]]) -> list[UUID | None]:
        """See Central."""
        request = messages.LookupRequest(
            claims=[
                messages.AssetClaim(camera=camera, path_b64=encode_path(path), sha256=sha256, size=size)
                for camera, path, sha256, size in claims
            ]
        )
        answer, url = self._call("POST", "assets/lookup", request, limit=LARGE_ANSWER)
        known = _expect(answer, url, messages.LookupAnswer).assets
        if len(known) != len(claims):
            raise _not_central(url, f"{len(known)} answers to {len(claims)} questions")
        return known

    def post_events(self, events: Sequence[StoredEvent], ledger_uuid: UUID, withheld: str = "") -> int:
        """See Central."""
        batch = messages.EventBatch(
            events=[
                messages.EventEnvelope(
                    ledger_uuid=ledger_uuid,
                    number=event.number,
                    previous_hash=event.previous_hash.hex(),
                    body="" if withheld else event.body.decode("utf-8"),
                    withheld=withheld,
                    hash=event.hash.hex() if withheld else None,
                )
                for event in events
            ]
        )
        answer, url = self._call("POST", "events", batch)
        accepted = _expect(answer, url, messages.EventsAnswer)
        if accepted.ledger_uuid != ledger_uuid:
            raise _not_central(url, f"an answer about another ledger, {accepted.ledger_uuid}")
        return accepted.highest_contiguous

    def ledger_heads(self) -> list[tuple[UUID, int, str]]:
        """See Central."""
        answer, url = self._call("GET", "ledgers")
        heads = _expect(answer, url, messages.LedgerHeadsAnswer).heads
        return [(head.ledger_uuid, head.number, head.hash) for head in heads]

    def standing(self) -> int:
        """See Central."""
        answer, url = self._call("GET", "standing")
        return _expect(answer, url, messages.StandingAnswer).store_epoch

    def heard(self) -> tuple[datetime, datetime | None]:
        """Central's time, and when it received this station's latest heartbeat; None: never, or it does not say.

        Raises:
            RetryLater, Refused: as every call.
        """
        answer, url = self._call("GET", "standing")
        told = _expect(answer, url, messages.StandingAnswer)
        return told.server_time, told.heartbeat_at

    def standing_of(self, receipts: Sequence[tuple[UUID, UUID]]) -> Standing:
        """See Central."""
        claims = [messages.ReceiptClaim(asset_id=asset, receipt_id=receipt) for asset, receipt in receipts]
        answer, url = self._call("POST", "standing", messages.StandingRequest(receipts=claims))
        told = _expect(answer, url, messages.StandingAnswer)
        if len(told.receipts) != len(receipts):
            raise _not_central(url, f"{len(told.receipts)} answers to {len(receipts)} questions")
        return Standing(told.store_epoch, tuple(ReceiptStanding(one.stands, one.held) for one in told.receipts))

    def post_heartbeat(self, body: bytes) -> HeartbeatReply:
        """See Central. The round trip is measured around this one call."""
        answer, url = self._call("POST", "heartbeats", body)
        reply = _expect(answer, url, messages.HeartbeatAnswer)
        if reply.server_time.tzinfo is None:
            raise _not_central(url, "a time without an offset")
        head = reply.ledger_head
        return HeartbeatReply(
            server_time=reply.server_time,
            store_epoch=reply.store_epoch,
            roster_etag=reply.roster_etag,
            round_trip_ms=answer.seconds * 1000,
            held=None if head is None else head.number,
            held_hash=b"" if head is None else bytes.fromhex(head.hash),
            parked_events=reply.parked_events,
            credential_expires_at=_in_utc(reply.credential_expires_at),
            renew_credential_from=_in_utc(reply.renew_credential_from),
        )

    def roster(self, etag: str) -> tuple[bytes, str] | None:
        """See Central."""
        headers = {"If-None-Match": etag} if etag else {}
        answer, url = self._call("GET", "roster", headers=headers, limit=LARGE_ANSWER)
        if answer.status == 304 and etag:
            return None
        _expect(answer, url, messages.RosterAnswer)
        return answer.body, answer.headers.get("ETag", "")

    def _call(
        self,
        method: str,
        path: str,
        message: messages.Message | bytes | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        limit: int = SMALL_ANSWER,
    ) -> tuple[Answer, str]:
        url = f"{self._api}/{path}"
        return call(self._http, method, url, message, headers=headers, limit=limit), url


def enroll(
    http: HttpSession, base_url: str, code: str, public_key: bytes, *, hostname: str = "", station: str = ""
) -> messages.EnrollAnswer:
    """Turn a one-time code into this station's credential and the pinned receipt key.

    Raises:
        Refused: central does not know the code, or it was used before.
        RetryLater: central could not be asked; the code is still good.
        ProtocolViolation: the answer is not central's.
    """
    request = messages.EnrollRequest(
        code=code,
        public_key=b64encode(public_key).decode(),
        station=station,
        hostname=hostname,
        version=__version__,
        renews=True,
    )
    url = f"{api_url(base_url)}/enroll"
    try:
        return _expect(call(http, "POST", url, request), url, messages.EnrollAnswer)
    except AuthRefused as error:
        raise Refused(
            "Central does not accept this enrolment code.",
            code="code_refused",
            hint="Codes work once, for one station, and expire: `dock-central station add ID` makes a new one.",
        ) from error


def renew(http: HttpSession, base_url: str, request: messages.RenewRequest) -> messages.RenewAnswer:
    """Ask central to take a new credential beside the one that ends.

    Raises:
        Refused: central does not renew this credential; `code` says why.
        RetryLater: central could not be asked.
        ProtocolViolation: the answer is not central's.
    """
    url = f"{api_url(base_url)}/credential"
    return _expect(call(http, "POST", url, request), url, messages.RenewAnswer)


def _in_utc(instant: datetime | None) -> datetime | None:
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant


def api_url(base_url: str) -> str:
    return f"{base_url.rstrip('/')}/api/v1"


def uploads_url(base_url: str) -> str:
    """The tus endpoint of central."""
    return f"{api_url(base_url)}/uploads"


def call(
    http: HttpSession,
    method: str,
    url: str,
    message: messages.Message | bytes | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    limit: int = SMALL_ANSWER,
) -> Answer:
    """One call; the answer is proved to be central's, whatever its status below 500."""
    body = messages.encode(message) if isinstance(message, messages.Message) else message
    sent = {**(headers or {}), VERSION_HEADER: str(PROTOCOL_VERSION), "Accept": "application/json"}
    if body is not None:
        sent["Content-Type"] = "application/json"
    answer = http.request(method, url, headers=sent, body=body, answer_limit=limit)
    raise_for_everyone(answer, url)
    version = answer.headers.get(VERSION_HEADER, "")
    if not (version.isascii() and version.isdecimal() and int(version[:9]) >= PROTOCOL_VERSION):
        raise _not_central(url, f"{answer.status} with {VERSION_HEADER}: {version or 'nothing'}")
    return answer


def _expect(answer: Answer, url: str, kind: type[AnswerT]) -> AnswerT:
    if answer.status not in (200, 201):
        raise _refusal(answer, url)
    return _decode(answer, url, kind)


def _decode(answer: Answer, url: str, kind: type[AnswerT]) -> AnswerT:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _not_central(url, f"{answer.status} that does not read as {kind.__name__}: {error}") from error


def _try(answer: Answer, kind: type[AnswerT]) -> AnswerT | None:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _problem(answer: Answer, url: str) -> messages.Problem:
    return _decode(answer, url, messages.Problem)


def _refusal(answer: Answer, url: str) -> Refused:
    if answer.status < 400:
        return _not_central(url, f"{answer.status}, which is no answer to this question")
    problem = _problem(answer, url)
    return Refused(problem.message, code=problem.code, hint=problem.hint)


def _statement(receipt: messages.SignedReceipt, url: str) -> SignedStatement:
    try:
        signature = b64decode(receipt.signature, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _not_central(url, "a signature that is no base64") from error
    return SignedStatement(receipt.receipt.encode("utf-8"), signature, receipt.key_id)


def _not_central(url: str, what: Any) -> ProtocolViolation:
    return ProtocolViolation(
        f"{url} answered with {what}; that cannot be central.",
        hint="Nothing was changed. Is there a login page or a proxy in between?",
    )
