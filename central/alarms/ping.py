"""Tells a foreign watchman that the alert worker works. Whoever misses the ping knows that central is dead."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
import structlog

log = structlog.get_logger()

TIMEOUT_S = (3.05, 5.0)


@dataclass
class Ping:
    """One address that is fetched every so often. A ping that fails is not made up for: the next one counts."""

    url: str
    interval: timedelta
    _last: datetime | None = None

    def ping_if_due(self, now: datetime) -> bool:
        """True when it was fetched. To be called after a round in which everything succeeded."""
        if not self.url or (self._last is not None and timedelta(0) <= now - self._last < self.interval):
            return False
        self._last = now
        try:
            answer = requests.get(self.url, timeout=TIMEOUT_S, allow_redirects=False, stream=True)
        except requests.RequestException as error:
            log.warning("ping_failed", host=urlsplit(self.url).hostname, why=type(error).__name__)
            return False
        answer.close()
        taken = answer.status_code < 300  # one that leads elsewhere was heard by nobody
        if not taken:
            log.warning("ping_failed", host=urlsplit(self.url).hostname, why=f"answered {answer.status_code}")
        return taken
