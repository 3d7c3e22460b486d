"""The one way in which this station speaks HTTP. It follows no redirect, trusts no environment, retries nothing."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.exceptions
import urllib3
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict

from agent import __version__
from agent.adapters.system_trust import system_trust
from agent.adapters.watched_connection import LiveConnections, Stalled, pool_classes
from agent.errors import ProtocolViolation, RetryLater

BLOCK = 512 * 1024
"""Bytes handed to one `send`. urllib3's 16 KiB cost twice the CPU."""
MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, its body bounded."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes
    seconds: float
    """From the first byte sent to the last received."""


class Body:
    """What a request sends from a file: a length, and reads of at most that much."""

    def __init__(self, length: int, read: Callable[[int], bytes]) -> None:
        self._length = length
        self._read = read

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Any:  # requests takes only iterables for streams; urllib3 then calls `read`
        return iter(lambda: self.read(BLOCK), b"")

    def read(self, size: int = BLOCK) -> bytes:
        return self._read(size)


class _Adapter(HTTPAdapter):
    def __init__(self, workers: int, stall_s: float, live: LiveConnections) -> None:
        self._pools = pool_classes(stall_s, live)
        self._stall_s = stall_s
        retry = urllib3.Retry(0, read=False, redirect=False)  # the one retry layer is the caller's
        super().__init__(pool_connections=4, pool_maxsize=workers, max_retries=retry, pool_block=False)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(
            connections,
            maxsize,
            block,
            blocksize=BLOCK,
            socket_options=_socket_options(self._stall_s),
            **kwargs,
        )
        self.poolmanager.pool_classes_by_scheme = self._pools


def _socket_options(stall_s: float) -> list[tuple[int, int, int]]:
    """A peer that vanished without a word is noticed by the kernel, also between requests; later than by our own
    watch, which knows better what to call it: through TLS the kernel's word looks like a broken connection."""
    return [
        (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
        (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
        (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
        (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(stall_s * 1500)),
    ]


class HttpSession:
    """Requests to one server, from any thread. The credential travels to that server only."""

    def __init__(
        self,
        server: str,
        *,
        verify: bool | str = True,
        credential: Callable[[], str | None] = lambda: None,
        workers: int = 8,
        stall_s: float = 60.0,
        connect_s: float = 10.0,
    ) -> None:
        """`server` is its base URL; `verify` a CA file, or True for the system's CAs; `credential` is asked before
        each request."""
        self.origin = origin_of(server)
        self.stall_s = stall_s
        # requests takes True for the bundle of a package, which no administrator of the site keeps.
        self._verify = str(system_trust()) if verify is True else verify
        self._credential = credential
        self._timeout = (connect_s, stall_s)
        self._live = LiveConnections()
        self._session = requests.Session()
        self._session.trust_env = False  # no proxy, netrc or CA bundle from the environment
        self._session.headers = CaseInsensitiveDict(
            {"User-Agent": f"dock-agent/{__version__}", "Accept-Encoding": "identity"}
        )
        self._session.cookies = RequestsCookieJar(_NoCookies())
        # Both full prefixes: a mount on "http" would silently lose to the default "http://".
        for prefix in ("http://", "https://"):
            self._session.mount(prefix, _Adapter(workers, stall_s, self._live))

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | Body | None = None,
        answer_limit: int = MIB,
    ) -> Answer:
        """One request, one answer of any status.

        Raises:
            RetryLater: no whole answer came: network, name, TLS, or no progress for the stall limit.
            ProtocolViolation: the answer's body is larger than `answer_limit`.
        """
        started = time.monotonic()
        try:
            with self._session.request(
                method,
                url,
                data=body,
                headers=self._headers(url, headers),
                timeout=self._timeout,
                verify=self._verify,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._content(response, answer_limit)
        except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            raise _trouble(error, url) from error
        return Answer(response.status_code, response.headers, content, time.monotonic() - started)

    def interrupt(self) -> None:
        """End every request in flight, from another thread: each raises RetryLater. Later ones may go on."""
        self._live.end()

    def close(self) -> None:
        self._session.close()

    def _headers(self, url: str, headers: Mapping[str, str] | None) -> dict[str, str]:
        merged = dict(headers or {})
        credential = self._credential()
        if credential is not None and origin_of(url) == self.origin:
            merged["Authorization"] = f"Bearer {credential}"
        return merged

    def _content(self, response: requests.Response, limit: int) -> bytes:
        content, until = bytearray(), time.monotonic() + 2 * self.stall_s
        while piece := response.raw.read1(65536):
            content += piece
            if len(content) > limit:
                raise ProtocolViolation(
                    f"{response.url} answered with more than {limit} bytes.",
                    hint="Is this central's address? Nothing was changed.",
                )
            if time.monotonic() > until:
                raise Stalled("the answer trickles")
        return bytes(content)


class _NoCookies(DefaultCookiePolicy):
    def set_ok(self, *_: Any) -> bool:
        return False


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port: what must be the same for a URL to be the same server's.

    Raises:
        ProtocolViolation: not an http or https URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        raise ProtocolViolation(f"{url!r} is not a web address.") from None
    return parts.scheme, (parts.hostname or "").lower(), port


def _trouble(error: BaseException, url: str) -> RetryLater | ProtocolViolation:
    """Why there is no answer, as one of our own errors."""
    server = urlsplit(url).netloc
    causes = list(_causes(error))
    if any(isinstance(cause, requests.exceptions.InvalidURL | requests.exceptions.InvalidHeader) for cause in causes):
        return ProtocolViolation(f"{url!r} cannot be asked: {error}")
    if any(isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError) for cause in causes):
        return RetryLater(f"The connection to {server} broke.", code="connection_lost")
    if any(isinstance(cause, requests.exceptions.SSLError | urllib3.exceptions.SSLError) for cause in causes):
        return RetryLater(
            f"{server} has no certificate that this station trusts: {causes[-1]}.",
            code="tls",
            hint="Check central.ca_file and this PC's clock. Footage stays safe in the spool.",
        )
    if any(isinstance(cause, urllib3.exceptions.NameResolutionError) for cause in causes):
        return RetryLater(f"The name {server} could not be resolved.", code="name_unknown")
    if any(isinstance(cause, urllib3.exceptions.NewConnectionError | ConnectionRefusedError) for cause in causes):
        return RetryLater(f"{server} cannot be reached: {causes[-1]}.", code="unreachable")
    if any(isinstance(cause, TimeoutError | urllib3.exceptions.TimeoutError) for cause in causes):
        return RetryLater(f"{server} stopped answering: {causes[-1]}.", code="stalled")
    return RetryLater(f"The connection to {server} broke: {causes[-1]}.", code="connection_lost")


def _causes(error: BaseException) -> Any:
    """An error and what it was made of; requests and urllib3 hide causes in `args` and `reason`."""
    seen: set[int] = set()
    waiting: list[BaseException] = [error]
    while waiting:
        current = waiting.pop(0)
        if id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        inner = [current.__cause__, getattr(current, "reason", None), *current.args]
        waiting += [cause for cause in inner if isinstance(cause, BaseException)]
