"""Pages whose main part is kept as central has it now: the page itself, and the same part alone for `live.js`."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone

EVERY_S = 15
"""So often a visible page asks."""


def live_page(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """`dashboard/NAME.html`, which includes `dashboard/NAME_live.html`; to `live.js` that part alone, or 304 when it
    is still the same. `context` has `now`. The part holds no form: a token would differ each time."""
    part = render_to_string(f"dashboard/{name}_live.html", context, request)
    tag = f'"{hashlib.sha256(part.encode()).hexdigest()[:32]}"'
    as_of = _as_of(context["now"])
    if request.headers.get("X-Live") is None:
        shown = {**context, "part": part, "live_every": EVERY_S, "live_tag": tag, "as_of": as_of}
        answer = render(request, f"dashboard/{name}.html", shown)
    elif request.headers.get("If-None-Match") == tag:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(part)
    answer["ETag"], answer["X-As-Of"] = tag, as_of
    answer["Cache-Control"], answer["Vary"] = "private, no-cache", "Cookie, X-Live"
    return answer


def _as_of(now: datetime) -> str:
    local = timezone.localtime(now)
    return f"{local:%a %b} {local.day}, {local:%H:%M:%S %Z}"
