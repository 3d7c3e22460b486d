"""Answers to stations: JSON of the protocol's structs, refusals as `Problem`, the protocol version on every one."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import structlog
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError

from central.custody.receiving import is_full
from central.this_connection import close_after_answer
from protocol import PROTOCOL_VERSION, VERSION_HEADER
from protocol.calls import PREFIX, TUS_VERSION
from protocol.messages import Message, Problem

log = structlog.get_logger()

View = Callable[[HttpRequest], HttpResponse]


class Refused(Exception):
    """A request that is answered with a `Problem`."""

    def __init__(self, status: int, code: str, message: str, hint: str = "", **headers: str) -> None:
        super().__init__(code)
        self.status = status
        self.problem = Problem(code=code, message=message, hint=hint)
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(self) -> HttpResponse:
        response = json_answer(self.problem, self.status)
        for name, value in self.headers.items():
            response[name] = value
        response._has_been_logged = True  # Django would log every 5xx once more
        return response


def json_answer(message: Message, status: int = 200) -> HttpResponse:
    return HttpResponse(msgspec.json.encode(message), status=status, content_type="application/json")


def empty_answer(status: int, **headers: str) -> HttpResponse:
    """No body; underscores in header names stand for dashes."""
    response = HttpResponse(status=status)
    del response["Content-Type"]
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    return response


class ProtocolMiddleware:
    """Every answer below `/api/` names the protocol version, and every refusal there is a `Problem`."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/api/"):
            return self.get_response(request)
        response = self.get_response(request)
        if _has_unread_body(request):
            close_after_answer()
        if response.status_code >= 400 and not response.get("Content-Type", "").startswith("application/json"):
            response = _as_problem(response)
        response[VERSION_HEADER] = str(PROTOCOL_VERSION)
        response["Cache-Control"] = "no-store"
        if request.path_info.startswith(f"{PREFIX}/uploads"):
            # Refusals too: a client knows by it that a tus server refused, and not a proxy on the way.
            response.setdefault("Tus-Resumable", TUS_VERSION)
        if request.method == "HEAD":
            response.content = b""
        elif response.status_code not in (204, 304):
            response["Content-Length"] = str(len(response.content))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not request.path_info.startswith("/api/"):
            return None
        return refusal_for(error).answer()


def refusal_for(error: Exception) -> Refused:
    """The refusal that tells a station what an exception means for it."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, RequestDataTooBig):
        return Refused(413, "too_large", "the body is larger than central reads at once", "send a smaller batch")
    if isinstance(error, UnreadablePostError):
        return Refused(400, "cut_short", "the body ended early; nothing was taken from it", "send it again")
    if isinstance(error, OperationalError) and is_full(error):
        return store_full()
    if isinstance(error, OperationalError):
        log.error("database_unusable", error=repr(error))
        return Refused(
            503,
            "busy",
            "the database cannot be used just now; nothing was changed",
            "try again later",
            Retry_After="5",
        )
    log.error("request_failed", error=repr(error), exc_info=error)
    return Refused(500, "error", "central failed; what it confirmed before still holds", "try again later")


def store_full() -> Refused:
    """No room for footage, or for the rows that tell of it."""
    log.error("store_full")
    return Refused(
        507,
        "store_full",
        "central has no space left; nothing was advanced",
        "keep the file; try later",
        Retry_After="60",
    )


def _has_unread_body(request: HttpRequest) -> bool:
    stream = getattr(request, "_stream", None)
    return stream is not None and getattr(stream, "_pos", 0) < getattr(stream, "limit", 0)


def _as_problem(response: HttpResponse) -> HttpResponse:
    """Django's own refusals (no such address, wrong method) in the protocol's words."""
    codes = {404: "unknown_address", 405: "wrong_method"}
    code = codes.get(response.status_code, "refused")
    problem = Refused(response.status_code, code, response.reason_phrase, f"see {PREFIX}/openapi.json").answer()
    if "Allow" in response:
        problem["Allow"] = response["Allow"]
    return problem
