"""The one table of calls of `/api/v1`, and the OpenAPI document made from it.

Central builds its doors from this table and the document is built from the same rows and structs, so the
two cannot drift apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from protocol import PROTOCOL_VERSION, VERSION_HEADER
from protocol import messages as m

PREFIX = "/api/v1"
TUS_VERSION = "1.0.0"


@dataclass(frozen=True)
class Call:
    """One method on one path. `answers` maps a status to the struct of its body; None is no body."""

    name: str
    method: str
    path: str
    summary: str
    answers: dict[int, type[m.Message] | None]
    request: type[m.Message] | None = None
    open: bool = False
    """True when the call needs no credential."""
    streamed: bool = False
    """True when the body is raw bytes and not JSON."""
    keyed: bool = False
    """True when the call needs a key of `dock-central key add`, and no station's credential."""
    media_type: str = "application/offset+octet-stream"
    """Of a streamed body."""
    query: tuple[str, ...] = ()
    """Names in the query string that the call reads."""
    headers: tuple[str, ...] = ()
    """Request headers that the call reads."""
    answer_headers: tuple[str, ...] = ()


_REFUSED: dict[int, type[m.Message] | None] = {400: m.Problem, 401: m.Problem}
_TUS = ("Tus-Resumable",)
_BODY_REFUSALS: dict[int, type[m.Message] | None] = {
    409: m.Problem,
    412: m.Problem,
    413: m.Problem,
    423: m.Problem,
    460: m.Problem,
    507: m.Problem,
}

CALLS: tuple[Call, ...] = (
    Call(
        "enroll",
        "POST",
        "/enroll",
        "Trade a one-time code for a credential; pins the receipt key.",
        {200: m.EnrollAnswer, 400: m.Problem, 403: m.Problem},
        request=m.EnrollRequest,
        open=True,
    ),
    Call(
        "renew",
        "POST",
        "/credential",
        "A new credential in place of one that ends, or ended lately. Proved by the PC's own key. Idempotent.",
        {200: m.RenewAnswer, 400: m.Problem, 403: m.Problem},
        request=m.RenewRequest,
        open=True,
    ),
    Call(
        "events",
        "POST",
        "/events",
        "A batch of custody events of one ledger. Idempotent; the answer names the highest contiguous number.",
        {200: m.EventsAnswer, **_REFUSED, 404: m.Problem, 409: m.Problem},
        request=m.EventBatch,
    ),
    Call(
        "ledgers",
        "GET",
        "/ledgers",
        "The heads of this station's ledgers.",
        {200: m.LedgerHeadsAnswer, 401: m.Problem},
    ),
    Call(
        "heartbeats",
        "POST",
        "/heartbeats",
        "Always sent, healthy or not.",
        {200: m.HeartbeatAnswer, **_REFUSED},
        request=m.Heartbeat,
    ),
    Call(
        "standing",
        "GET",
        "/standing",
        "The central that stands now. Asked before every unlink: while central is away nothing leaves a card.",
        {200: m.StandingAnswer, 401: m.Problem},
    ),
    Call(
        "standing_of",
        "POST",
        "/standing",
        "Do these receipts still stand? A restored central may never have heard of them.",
        {200: m.StandingAnswer, **_REFUSED},
        request=m.StandingRequest,
    ),
    Call(
        "roster",
        "GET",
        "/roster",
        "This station's shifts with their deadlines.",
        {200: m.RosterAnswer, 304: None, 401: m.Problem},
        headers=("If-None-Match",),
        answer_headers=("ETag",),
    ),
    Call(
        "roster_import",
        "POST",
        "/roster/imports",
        "Bring in a roster file (text/csv), as `dock-central roster import` does: all of it or nothing. Idempotent. "
        "replace_window=FROM..TO withdraws what starts within and is missing; dry_run=true changes nothing.",
        {
            200: m.RosterImportAnswer,
            202: m.RosterImportAnswer,
            **_REFUSED,
            413: m.Problem,
            415: m.Problem,
            422: m.RosterRefused,
        },
        streamed=True,
        keyed=True,
        media_type="text/csv",
        query=("replace_window", "dry_run"),
    ),
    Call(
        "lookup",
        "POST",
        "/assets/lookup",
        "Which of these files does central know? Asked by a rebuilt ledger.",
        {200: m.LookupAnswer, **_REFUSED},
        request=m.LookupRequest,
    ),
    Call(
        "verify",
        "POST",
        "/assets/{asset_id}/verify",
        "Read back and hash what is stored; a receipt only for exactly the claimed bytes.",
        {
            200: m.SignedReceipt,
            202: m.HashingAnswer,
            **_REFUSED,
            404: m.Problem,
            409: m.MismatchAnswer,
            422: m.Problem,
            503: m.Problem,
        },
        request=m.VerifyRequest,
    ),
    Call(
        "receipt",
        "GET",
        "/assets/{asset_id}/receipt",
        "The receipt of the present store epoch, verbatim.",
        {200: m.SignedReceipt, 401: m.Problem, 404: m.Problem},
    ),
    Call(
        "tus_options",
        "OPTIONS",
        "/uploads",
        "Which tus extensions are spoken.",
        {204: None},
        open=True,
        answer_headers=("Tus-Version", "Tus-Extension", "Tus-Checksum-Algorithm", "Tus-Max-Size"),
    ),
    Call(
        "tus_create",
        "POST",
        "/uploads",
        "Begin the upload of one asset, or find the one that lives. Idempotent by Idempotency-Key, the asset's UUID.",
        {201: None, **_REFUSED, 404: m.Problem, 411: m.Problem, 415: m.Problem, **_BODY_REFUSALS},
        streamed=True,
        headers=(*_TUS, "Idempotency-Key", "Upload-Length", "Upload-Metadata", "Upload-Checksum"),
        answer_headers=("Location", "Upload-Offset", "Upload-Expires"),
    ),
    Call(
        "tus_head",
        "HEAD",
        "/uploads/{upload_id}",
        "The committed offset. Ends a stale PATCH of the same upload.",
        {200: None, 401: None, 404: None, 410: None, 412: None, 423: None},
        headers=_TUS,
        answer_headers=("Upload-Offset", "Upload-Length", "Upload-Expires"),
    ),
    Call(
        "tus_patch",
        "PATCH",
        "/uploads/{upload_id}",
        "Bytes from the committed offset on.",
        {204: None, **_REFUSED, 404: m.Problem, 410: m.Problem, 411: m.Problem, 415: m.Problem, **_BODY_REFUSALS},
        streamed=True,
        headers=(*_TUS, "Upload-Offset", "Upload-Checksum"),
        answer_headers=("Upload-Offset", "Upload-Expires"),
    ),
    Call("openapi", "GET", "/openapi.json", "This document.", {200: None}, open=True),
)


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of all calls."""
    structs: set[type[m.Message]] = {m.ReceiptContent}
    for call in CALLS:
        structs.update(struct for struct in (call.request, *call.answers.values()) if struct is not None)
    ordered = sorted(structs, key=lambda struct: struct.__name__)
    _, components = msgspec.json.schema_components(ordered, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for call in CALLS:
        paths.setdefault(PREFIX + call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "bwc-dock central",
            "version": str(PROTOCOL_VERSION),
            "description": "What dock stations say to central. Unknown fields are accepted on both sides.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "credential": {"type": "http", "scheme": "bearer", "description": "a station's, from enroll"},
                "key": {"type": "http", "scheme": "bearer", "description": "from `dock-central key add`"},
            },
        },
    }


def _operation(call: Call) -> dict[str, Any]:
    answers = dict(call.answers) if call.open or call.keyed else {**call.answers, 429: m.Problem}
    responses = {str(status): _response(call, struct) for status, struct in sorted(answers.items())}
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.summary,
        "parameters": _parameters(call),
        "responses": {**responses, "default": _response(call, m.Problem)},
        "security": [] if call.open else [{"key" if call.keyed else "credential": []}],
    }
    if call.request is not None:
        operation["requestBody"] = {"required": True, "content": _json(call.request)}
    elif call.streamed:
        operation["requestBody"] = {"content": {call.media_type: {}}}
    return operation


def _parameters(call: Call) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in call.path.split("/") if part.startswith("{")]
    in_path: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
        for name in names
    ]
    elsewhere = (("query", call.query), ("header", call.headers))
    return in_path + [
        {"name": name, "in": where, "schema": {"type": "string"}} for where, names in elsewhere for name in names
    ]


def _response(call: Call, struct: type[m.Message] | None) -> dict[str, Any]:
    headers = {name: {"schema": {"type": "string"}} for name in (VERSION_HEADER, *call.answer_headers)}
    response: dict[str, Any] = {"description": _first_line(struct), "headers": headers}
    if struct is not None:
        response["content"] = _json(struct)
    return response


def _first_line(struct: type[m.Message] | None) -> str:
    return "no body" if struct is None else (struct.__doc__ or struct.__name__).strip().splitlines()[0]


def _json(struct: type[m.Message]) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{struct.__name__}"}}}
