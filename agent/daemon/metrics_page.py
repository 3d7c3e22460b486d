"""`/metrics` of the status page, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable

from agent.daemon.status_page import Answer


class MetricsPage:
    """The latest snapshot as figures. An agent that hangs still answers, with a growing age."""

    def __init__(self, latest: Callable[[], tuple[dict[str, object], float] | None]) -> None:
        self._latest = latest

    def answer(self) -> Answer:
        # Imported by the first scrape: a station that nobody scrapes does without the library.
        from agent.reporting.metrics import CONTENT_TYPE, exposition

        latest = self._latest()
        if latest is None:
            return Answer(b"", CONTENT_TYPE, {"Retry-After": "1"}, status=503)
        return Answer(exposition(*latest), CONTENT_TYPE)
