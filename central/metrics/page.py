"""`/metrics`: with the token of `[web] metrics_token_file`, or, without one, from this machine itself."""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from pathlib import Path

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, generate_latest

from central import clock
from central.metrics.figures import Figures
from central.metrics.requests import REGISTRY

log = structlog.get_logger()

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BY_WAY_OF = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")
"""Who comes through a proxy on this machine seems to be this machine."""


class Unusable(Exception):
    """The token's file cannot be used; nobody is let in."""


def metrics(request: HttpRequest) -> HttpResponse:
    try:
        is_let_in = _may_scrape(request, settings.CONFIG.web.metrics_token_file)
    except Unusable as error:
        log.warning("metrics_token_unusable", error=str(error))
        return HttpResponse("[web] metrics_token_file cannot be used; see the log\n", CONTENT_TYPE, status=503)
    if not is_let_in:
        refused = HttpResponse("see [web] metrics_token_file in docs/metrics.md\n", CONTENT_TYPE, status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    now = CollectorRegistry(auto_describe=False)
    now.register(Figures(clock.now()))
    answer = HttpResponse(generate_latest(now) + generate_latest(REGISTRY), CONTENT_TYPE)
    answer["Cache-Control"] = "no-store"
    return answer


def _may_scrape(request: HttpRequest, token_file: str) -> bool:
    """Raises Unusable: the file cannot be read, or is empty."""
    if not token_file:
        came_through = any(name in request.headers for name in BY_WAY_OF)
        return not came_through and _is_loopback(request.META.get("REMOTE_ADDR", ""))
    try:
        token = Path(token_file).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(str(error)) from error
    if not token:
        raise Unusable(f"{token_file} is empty")
    scheme, _, told = request.headers.get("Authorization", "").partition(" ")
    return scheme.lower() == "bearer" and hmac.compare_digest(told.strip().encode(), token.encode())


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
