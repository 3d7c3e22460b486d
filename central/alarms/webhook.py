"""The other channel: every alarm and every end of one is posted as JSON, at least once, each with its id."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import requests
import structlog

from central.alarms.dues import Rules, due_by_post
from central.alarms.models import Alarm, Remembered
from central.instants import rfc3339

log = structlog.get_logger()

TIMEOUT_S = (3.05, 5.0)
SOONEST, SELDOM = timedelta(seconds=2), timedelta(minutes=5)
"""After a failure it is tried again so soon, then at twice the span, and so on up to the second."""
MOST_AT_ONCE = 50
LONG_ENOUGH_S = 10.0
"""After so long the rest waits for the next look: others have their turn."""
OPENED, ENDED = "opened", "ended"


@dataclass
class Webhook:
    """One address. Remembers how often it failed, in this process; what it has taken is in the rows."""

    url: str
    base_url: str = ""
    _failures: int = 0
    _next_try_at: datetime | None = None
    _session: requests.Session = field(default_factory=requests.Session)

    def post_due(self, rules: Rules, now: datetime) -> int:
        """Post what is due, oldest first, until one fails; returns how many were taken."""
        if not self.url:
            return 0
        due = _due(rules, now)
        if self._next_try_at is not None and now < self._next_try_at:
            return 0
        taken, begun = 0, time.monotonic()
        for row, event in due:
            trouble = self._post(row, event)
            if trouble:
                self._failed(trouble, now)
                return taken
            column = "posted_at" if event == OPENED else "end_posted_at"
            Alarm.objects.filter(pk=row.number, **{column: None}).update(**{column: now})
            taken += 1
            if time.monotonic() - begun > LONG_ENOUGH_S:
                break
        if taken:
            self._works()
        return taken

    def _post(self, row: Alarm, event: str) -> str:
        """Why it was not taken; empty when it was."""
        said = _as_json(row, event, self.base_url)
        try:
            answer = self._session.post(
                self.url,
                json=said,
                headers={"Idempotency-Key": str(said["id"])},
                timeout=TIMEOUT_S,
                allow_redirects=False,
                stream=True,  # what it says beside its status may never end
            )
        except requests.RequestException as error:
            return f"{urlsplit(self.url).hostname}: {_named(error)}"
        answer.close()
        return "" if answer.ok and answer.status_code < 300 else f"it answered {answer.status_code} {answer.reason}"

    def _failed(self, trouble: str, now: datetime) -> None:
        # The address itself is not logged: its path is often the secret that lets one post.
        log.warning("webhook_failed", host=urlsplit(self.url).hostname, why=trouble)
        self._next_try_at = now + min(SELDOM, SOONEST * 2 ** min(self._failures, 20))
        self._failures += 1
        row, _ = Remembered.objects.get_or_create(pk=1)
        row.webhook_failing_since = row.webhook_failing_since or now
        row.webhook_trouble = trouble[:255]
        row.save(update_fields=["webhook_failing_since", "webhook_trouble"])

    def _works(self) -> None:
        self._failures, self._next_try_at = 0, None
        Remembered.objects.filter(pk=1).update(webhook_failing_since=None, webhook_trouble="")


def _due(rules: Rules, now: datetime) -> list[tuple[Alarm, str]]:
    """What is to be posted now. It is marked at once: what is over before the webhook works again is posted still."""
    rows = {row.number: row for row in Alarm.objects.filter(end_posted_at=None).order_by("number")}
    due = due_by_post(list(rows.values()), rules, now)
    if due.settled:
        Alarm.objects.filter(pk__in=[one.number for one in due.settled]).update(end_posted_at=now)
    if due.new:
        numbers = [one.number for one in due.new]
        Alarm.objects.filter(pk__in=numbers, post_tried_at=None).update(post_tried_at=now)
    # What opened first: the end of an alarm never comes before its beginning.
    posts = [(one, OPENED) for one in due.new] + [(one, ENDED) for one in due.over]
    return [(rows[one.number], event) for one, event in posts[:MOST_AT_ONCE]]


def _as_json(row: Alarm, event: str, base_url: str) -> dict[str, object]:
    return {
        "id": f"{row.number}-{event}-{rfc3339(row.opened_at)}",
        "event": event,
        "number": row.number,
        "kind": row.kind,
        "subject": row.subject,
        "station": row.station or None,
        "sentence": row.sentence,
        "detail": row.detail,
        "since": rfc3339(row.since),
        "opened_at": rfc3339(row.opened_at),
        "ended_at": None if row.ended_at is None else rfc3339(row.ended_at),
        "central": base_url or None,
    }


def _named(error: requests.RequestException) -> str:
    """Without the address, which the errors of `requests` quote."""
    match error:
        case requests.exceptions.SSLError():
            return "its certificate is not to be trusted, or it speaks no TLS"
        case requests.Timeout():
            return f"no answer within {TIMEOUT_S[1]:.0f} s"
        case requests.ConnectionError():
            return "no connection: unknown host, nothing listens there, or a firewall"
        case _:
            return type(error).__name__
