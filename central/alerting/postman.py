"""The worker's second thread: it hands mail over. A slow mail server must not keep anybody from being judged."""

from __future__ import annotations

import threading
import time

import structlog
from django.conf import settings
from django.db import connections

from central import clock

log = structlog.get_logger()

PAUSE_S = 1.0
"""Between two looks into the outbox."""


def start_postman() -> None:
    """Hand over what waits in the outbox, as long as this process lives."""
    threading.Thread(target=_work, name="postman", daemon=True).start()


def _work() -> None:
    from central.notices.handing_over import send_due  # models: only once Django is set up

    while True:
        try:
            send_due(settings.CONFIG.mail, clock.now(), only_it=settings.DATA.clock_in_doubt.exists())
        except Exception as error:
            log.error("alert_part_failed", part="mail", error=repr(error), exc_info=True)
            connections.close_all()
        time.sleep(PAUSE_S)
