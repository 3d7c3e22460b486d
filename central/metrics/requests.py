"""Counts and times every answer, by endpoint and status. An endpoint is an address's pattern: there are as many as
there are doors, whoever knocks with whatever name."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
BUCKETS_S = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 120.0)
OTHER = "other"

disable_created_metrics()
REGISTRY = CollectorRegistry(auto_describe=False)
ANSWERED = Counter(
    "dock_central_requests", "Answers of this process.", ["endpoint", "method", "status"], registry=REGISTRY
)
LASTED = Histogram(
    "dock_central_request_duration_seconds",
    "From the request's head to its answer, a body that is sent included.",
    ["endpoint"],
    buckets=BUCKETS_S,
    registry=REGISTRY,
)


class RequestsMiddleware:
    """The outermost: what others answer counts too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.monotonic()
        response = self.get_response(request)
        endpoint = endpoint_of(request)
        method = request.method if request.method in METHODS else OTHER
        ANSWERED.labels(endpoint, method, str(response.status_code)).inc()
        LASTED.labels(endpoint).observe(time.monotonic() - began)
        return response


def endpoint_of(request: HttpRequest) -> str:
    """`/api/v1/uploads/<uuid:upload_id>`; `other` for files of pages, and for addresses that are none."""
    match = request.resolver_match
    return f"/{match.route}" if match is not None else OTHER
