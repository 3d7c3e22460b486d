"""What a status code of central means, the same for footage and for every other call."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

from agent.adapters.http_session import Answer
from agent.errors import AuthRefused, ProtocolViolation, RetryLater
from protocol import VERSION_HEADER


class _Told(msgspec.Struct):
    code: str = ""


def _reason_of(answer: Answer) -> str:
    try:
        return msgspec.json.decode(answer.body, type=_Told).code[:40]
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After; a date counts from the answer's own Date, so that no clock of ours matters."""
    text = headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text[:12])
    try:
        span = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(span.total_seconds(), 0.0)


def raise_for_everyone(answer: Answer, url: str) -> None:
    """Raise for the statuses that mean the same in every call; return for all others.

    Raises:
        AuthRefused: 401, 403.
        RetryLater: 408, 425, 429 and 5xx (507: central is full), with the wait that was asked for.
        ProtocolViolation: a redirect, or a status below 200.
    """
    status = answer.status
    if status in (401, 403):
        if VERSION_HEADER not in answer.headers:
            raise AuthRefused(
                f"Something on the way to central refuses this station ({status}); the answer is not central's own.",
                hint="Copying goes on and footage stays in the spool. Ask whoever runs the proxy or firewall.",
            )
        reason = _reason_of(answer)
        raise AuthRefused(
            f"Central does not accept this station's credential ({status}{reason and ', '}{reason}).",
            reason=reason,
            hint="Copying goes on and footage stays in the spool. Enrol the station again.",
        )
    if status == 507:
        raise RetryLater("Central's disk is full.", code="central_full", retry_after_s=retry_after(answer.headers))
    if status in (408, 425, 429) or status >= 500:
        code = "central_busy" if status in (429, 503) else "central_failed"
        raise RetryLater(f"Central answered {status}.", code=code, retry_after_s=retry_after(answer.headers))
    if status < 200 or (300 <= status < 400 and status != 304):
        raise ProtocolViolation(
            f"{url} answered {status} (to {answer.headers.get('Location', 'nowhere')}).",
            hint="Redirects are never followed: set central.url to the final address.",
        )
