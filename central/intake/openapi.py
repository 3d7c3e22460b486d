"""The door behind which the API describes itself."""

from __future__ import annotations

from functools import lru_cache

import msgspec
from django.http import HttpRequest, HttpResponse

from central.intake.doors import door
from protocol.calls import document


@lru_cache(maxsize=1)
def _text() -> bytes:
    return msgspec.json.encode(document())


@door("openapi")
def openapi(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_text(), content_type="application/json")
