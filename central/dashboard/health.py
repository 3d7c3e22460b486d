"""Whether central can answer at all, and how long ago its alert worker did; open to everybody, tells nothing else."""

from __future__ import annotations

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse

from central import clock


def healthz(request: HttpRequest) -> JsonResponse:
    """`ok` is about answering. A worker that is too old is for a foreign watchman to judge: the server works on."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"ok": False}, status=503)
    return JsonResponse({"ok": True, "alert_worker_age_s": worker_age_s()})


def worker_age_s() -> int | None:
    """Seconds since the alert worker completed a round; null before its first."""
    try:
        return max(0, int(clock.now().timestamp() - settings.DATA.last_round.stat().st_mtime))
    except OSError:
        return None
