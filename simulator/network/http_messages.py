"""Just enough HTTP/1.1 to see where a request begins and to answer it wrongly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class RequestHead:
    """What came before a request's body."""

    method: str
    path: str
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float = field(default=0.0, compare=False)
    """Monotonic seconds at which it was whole."""

    @property
    def length(self) -> int:
        """Bytes of its body."""
        return int(self.headers.get("content-length", "0"))


def read_head(head: bytes, at: float = 0.0) -> RequestHead:
    """A request's head without its closing empty line.

    Raises:
        ValueError: it is none.
    """
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    return RequestHead(method, path, {name.lower(): value.strip() for name, _, value in pairs}, at)


def answer(status: int, body: bytes = b"", **headers: str) -> bytes:
    """A plain answer; header names with `_` for `-`."""
    lines = [f"HTTP/1.1 {status} Any"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if "Content_Length" not in headers:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def tus(status: int, **headers: str) -> bytes:
    """An answer that looks like a tus server's own."""
    return answer(status, Tus_Resumable="1.0.0", **headers)


LOGIN_PAGE = answer(200, b"<html><title>Welcome to Hotel WiFi</title></html>", Content_Type="text/html")
"""What a captive portal says to everything."""
