"""Pings the checkers that IT configured, from a thread of its own: a slow one never holds up a heartbeat."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import structlog

from agent.adapters.http_session import HttpSession, origin_of
from agent.errors import DockError
from agent.rules.pinging import Ping, url_for

log = structlog.get_logger(__name__)

WITHIN_S = 10.0
WAITING = 4
"""Pings that wait at most. Older ones go unsent: a checker wants to know how things are, not how they were."""
ANSWER_LIMIT = 64 * 1024


class Pings:
    """Promises that `tell` returns at once and that no trouble of a checker comes out."""

    def __init__(self, urls: Iterable[str], open_session: Callable[[str], HttpSession] | None = None) -> None:
        self._urls = tuple(urls)
        self._open_session = open_session or _session
        self._waiting: deque[Ping] = deque(maxlen=WAITING)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._sessions: dict[tuple[str, str, int], HttpSession] = {}
        self._troubled: set[str] = set()
        self._thread = threading.Thread(target=self._run, name="pings", daemon=True)

    def use(self, urls: Iterable[str]) -> None:
        """From the next ping on."""
        self._urls = tuple(urls)

    def start(self) -> None:
        self._thread.start()

    def tell(self, ping: Ping | None) -> None:
        """Send it soon; None: nothing."""
        if ping is not None and self._urls:
            self._waiting.append(ping)
            self._wake.set()

    def stop(self) -> None:
        """What waits goes unsent; a ping in flight is broken off."""
        self._stopping.set()
        self._wake.set()
        for session in tuple(self._sessions.values()):
            session.interrupt()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            while self._waiting and not self._stopping.is_set():
                ping = self._waiting.popleft()
                for url in self._urls:
                    self._send(url, ping)
        for session in self._sessions.values():
            session.close()

    def _session_for(self, url: str) -> HttpSession:
        origin = origin_of(url)
        if origin not in self._sessions:
            self._sessions[origin] = self._open_session(url)
        return self._sessions[origin]

    def _send(self, url: str, ping: Ping) -> None:
        """The address is a secret of its checker: the log names its host alone."""
        try:
            status = (
                self._session_for(url)
                .request(
                    "POST",
                    url_for(url, ping.word),
                    headers={"Content-Type": "text/plain; charset=utf-8"},
                    body=ping.body.encode(),
                    answer_limit=ANSWER_LIMIT,
                )
                .status
            )
            trouble = "" if 200 <= status < 300 else f"it answered {status}"
        except DockError as error:
            trouble = error.code
        except Exception as error:  # noqa: BLE001 - a checker's trouble ends neither this thread nor anything else
            trouble = type(error).__name__
        if trouble and url not in self._troubled and not self._stopping.is_set():
            self._troubled.add(url)
            log.warning("ping_failed", checker=urlsplit(url).hostname, word=ping.word.value, reason=trouble)
        elif not trouble:
            self._troubled.discard(url)


def _session(url: str) -> HttpSession:
    return HttpSession(url, workers=1, stall_s=WITHIN_S, connect_s=WITHIN_S)
